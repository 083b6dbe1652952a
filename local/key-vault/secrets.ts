import { z } from 'zod';
import {
  attributeParameters,
  newVersionId,
  renderAttributes,
  tagParameters,
  wantedAttributes,
} from './attributes.ts';
import { pemBundle } from './certificate-chain.ts';
import { pemContentType, pfxContentType } from './certificate-policy.ts';
import { type Collection, collectionRoutes, requireFreeName, requireVersion } from './collection.ts';
import { writePkcs12 } from './pkcs12.ts';
import { keyOf, nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, forbidden } from './vault-error.ts';
import type { StoredObject, StoredVersion } from './vault-store.ts';

/** The service's limit on a value. */
const maxValueBytes = 25 * 1024;

const contentType = z.string().max(255).nullish();
const setParameters = z.object({
  value: z.string(),
  contentType,
  attributes: attributeParameters,
  tags: tagParameters,
});
const updateParameters = setParameters.omit({ value: true });

/**
 * The value of the secret behind a certificate: its key, if that may leave, and its chain. A PKCS#12 file is salted
 * anew whenever it is made, so it is made at the first reading and kept.
 */
function certificateValue(
  { store }: VaultContext,
  object: StoredObject<'secrets'>,
  version: StoredVersion<'secrets'>,
  contentType: string,
): string {
  const certificate = store.findVersion({ ...object, kind: 'certificates' }, version.version);
  const key = store.findVersion({ ...object, kind: 'keys' }, version.version);
  const privateKey = key?.body.exportable ? key.body.privateKey : undefined;
  const chain = certificate?.body.chain ?? [];
  if (contentType === pemContentType) return pemBundle(privateKey, chain);
  if (version.body.value !== undefined) return version.body.value;
  const file = writePkcs12(
    privateKey,
    chain.map((der) => Buffer.from(der, 'base64')),
  );
  const value = file.toString('base64');
  store.saveVersion(object, { ...version, body: { value } });
  return value;
}

/** `outContentType` turns PKCS#12 into PEM, and nothing else (reference of Get Secret, 2026-04-01). */
function outContentType(call: VaultCall, object: StoredObject, version: StoredVersion): string | undefined {
  const own = version.contentType;
  const wanted = call.query.get('outContentType') ?? own;
  if (wanted === own) return own;
  if (object.managed && own === pfxContentType && wanted === pemContentType) return pemContentType;
  throw badParameter(`The secret of type ${own ?? '(none)'} can not be converted to ${wanted}.`);
}

function managedMembers(
  call: VaultCall,
  object: StoredObject<'secrets'>,
  { version }: StoredVersion<'secrets'>,
) {
  return object.managed ? { managed: true, kid: `${call.baseUrl}/keys/${object.name}/${version}` } : {};
}

const secretCollection: Collection<'secrets'> = {
  kind: 'secrets',
  noun: 'Secret',
  /** Without the value, as the service answers to deletion and update. */
  bundle: (context, call, object, version) => ({
    id: `${call.baseUrl}/secrets/${object.name}/${version.version}`,
    ...(version.contentType && { contentType: version.contentType }),
    attributes: renderAttributes(context, call.vault, version),
    tags: version.tags,
    ...managedMembers(call, object, version),
  }),
  item: (context, id, { vault, managed }, version) => ({
    id,
    ...(version.contentType && { contentType: version.contentType }),
    attributes: renderAttributes(context, vault, version),
    tags: version.tags,
    ...(managed && { managed }),
  }),
};

function get(context: VaultContext, call: VaultCall) {
  const { object, version } = requireVersion(context, call, 'secrets');
  if (!version.enabled)
    throw forbidden('Operation get is not allowed on a disabled secret.', 'SecretDisabled');
  const contentType = outContentType(call, object, version);
  const value = object.managed
    ? certificateValue(context, object, version, contentType ?? pfxContentType)
    : version.body.value;
  const bundle = secretCollection.bundle(context, call, object, version);
  return { status: 200, body: { value, ...bundle, ...(contentType && { contentType }) } };
}

function set(context: VaultContext, call: VaultCall) {
  const { value, tags, ...parameters } = parseBody(call, setParameters);
  if (Buffer.byteLength(value) > maxValueBytes)
    throw badParameter(`The secret's value is too long: the limit is ${maxValueBytes} bytes.`);
  const { store } = context;
  return store.atomically(() => {
    const key = keyOf(call, 'secrets');
    requireFreeName(context, key);
    const now = nowSeconds(context);
    const object = { ...key, managed: false, detail: {} };
    const version: StoredVersion<'secrets'> = {
      version: newVersionId(),
      pending: false,
      enabled: true,
      ...wantedAttributes(parameters.attributes),
      created: now,
      updated: now,
      tags: tags ?? {},
      ...(parameters.contentType && { contentType: parameters.contentType }),
      body: { value },
    };
    store.save(object);
    store.saveVersion(key, version);
    return { status: 200, body: { value, ...secretCollection.bundle(context, call, object, version) } };
  });
}

function update(context: VaultContext, call: VaultCall) {
  const parameters = parseBody(call, updateParameters);
  return context.store.atomically(() => {
    const { object, version } = requireVersion(context, call, 'secrets');
    if (object.managed)
      throw forbidden(
        `Operation update is not allowed on ${object.name}: it is managed by the certificate of that name.`,
        'OperationNotAllowedOnManagedObject',
      );
    const changed = {
      ...version,
      ...wantedAttributes(parameters.attributes),
      ...(parameters.tags && { tags: parameters.tags }),
      ...(parameters.contentType && { contentType: parameters.contentType }),
      updated: nowSeconds(context),
    };
    context.store.saveVersion(object, changed);
    return { status: 200, body: secretCollection.bundle(context, call, object, changed) };
  });
}

export const secretRoutes: readonly Route[] = [
  { method: 'POST', path: '/secrets/restore', operation: 'RestoreSecret' },
  { method: 'POST', path: '/secrets/{name}/backup', operation: 'BackupSecret' },
  ...collectionRoutes(secretCollection),
  { method: 'PUT', path: '/secrets/{name}', operation: 'SetSecret', handle: set },
  { method: 'GET', path: '/secrets/{name}', operation: 'GetSecret', handle: get },
  { method: 'GET', path: '/secrets/{name}/{version}', operation: 'GetSecret', handle: get },
  { method: 'PATCH', path: '/secrets/{name}', operation: 'UpdateSecret', handle: update },
  { method: 'PATCH', path: '/secrets/{name}/{version}', operation: 'UpdateSecret', handle: update },
];
