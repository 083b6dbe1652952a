import { z } from 'zod';
import {
  attributeParameters,
  newVersionId,
  renderAttributes,
  tagParameters,
  wantedAttributes,
} from './attributes.ts';
import { type Collection, collectionRoutes, requireFreeName, requireVersion } from './collection.ts';
import { createKeyMaterial, type KeyParameters, parametersOf, publicJwk } from './key-material.ts';
import { keyUseRoutes } from './key-use.ts';
import { keyOf, nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, lacking } from './vault-error.ts';
import type { StoredVersion } from './vault-store.ts';

const operationNames = z.enum(['sign', 'verify', 'wrapKey', 'unwrapKey', 'encrypt', 'decrypt']);

const createParameters = z.object({
  kty: z.string(),
  key_size: z.int().nullish(),
  crv: z.string().nullish(),
  key_ops: z.array(operationNames).nullish(),
  attributes: attributeParameters,
  tags: tagParameters,
});

const updateParameters = z.object({
  key_ops: z.array(operationNames).nullish(),
  attributes: attributeParameters,
  tags: tagParameters,
});

const defaultOperations = {
  EC: ['sign', 'verify'],
  RSA: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
} as const;

const keyCollection: Collection<'keys'> = {
  kind: 'keys',
  noun: 'Key',
  bundle: (_context, call, { name, managed }, version) => ({
    key: {
      kid: `${call.baseUrl}/keys/${name}/${version.version}`,
      key_ops: version.body.operations,
      ...publicJwk(version.body.privateKey),
    },
    attributes: renderAttributes(version),
    tags: version.tags,
    ...(managed && { managed }),
  }),
  item: (id, { managed }, version) => ({
    kid: id,
    attributes: renderAttributes(version),
    tags: version.tags,
    ...(managed && { managed }),
  }),
};

function materialParameters({ kty, crv, key_size }: z.infer<typeof createParameters>): KeyParameters {
  if (kty === 'EC') {
    const curve = crv ?? 'P-256';
    if (!['P-256', 'P-384', 'P-521'].includes(curve)) throw lacking(`keys on curve ${curve}`);
    return { kty, curve };
  }
  if (kty !== 'RSA') throw lacking(`keys of type ${kty}`);
  const keySize = key_size ?? 2048;
  if (![2048, 3072, 4096].includes(keySize))
    throw badParameter(`Property key_size has an invalid value: ${keySize}`);
  return { kty, keySize };
}

interface NewVersion {
  privateKey: string;
  operations: readonly string[];
  attributes?: Partial<Pick<StoredVersion, 'enabled' | 'notBefore' | 'expires'>>;
  tags: Readonly<Record<string, string>>;
}

function addVersion(context: VaultContext, call: VaultCall, input: NewVersion) {
  return context.store.atomically(() => {
    const key = keyOf(call, 'keys');
    requireFreeName(context, key);
    const now = nowSeconds(context);
    const object = { ...key, managed: false, detail: {} };
    const version: StoredVersion<'keys'> = {
      version: newVersionId(),
      pending: false,
      enabled: true,
      ...input.attributes,
      created: now,
      updated: now,
      tags: input.tags,
      body: { privateKey: input.privateKey, operations: input.operations, exportable: false },
    };
    context.store.save(object);
    context.store.saveVersion(key, version);
    return { status: 200, body: keyCollection.bundle(context, call, object, version) };
  });
}

async function create(context: VaultContext, call: VaultCall) {
  const parameters = parseBody(call, createParameters);
  const material = materialParameters(parameters);
  requireFreeName(context, keyOf(call, 'keys'));
  return addVersion(context, call, {
    privateKey: await createKeyMaterial(material),
    operations: parameters.key_ops ?? defaultOperations[material.kty],
    attributes: wantedAttributes(parameters.attributes),
    tags: parameters.tags ?? {},
  });
}

async function rotate(context: VaultContext, call: VaultCall) {
  const { body, tags } = requireVersion(context, call, 'keys').version;
  const privateKey = await createKeyMaterial(parametersOf(body.privateKey));
  return addVersion(context, call, { privateKey, operations: body.operations, tags });
}

function get(context: VaultContext, call: VaultCall) {
  const { object, version } = requireVersion(context, call, 'keys');
  return { status: 200, body: keyCollection.bundle(context, call, object, version) };
}

function update(context: VaultContext, call: VaultCall) {
  const parameters = parseBody(call, updateParameters);
  return context.store.atomically(() => {
    const { object, version } = requireVersion(context, call, 'keys');
    const changed = {
      ...version,
      ...wantedAttributes(parameters.attributes),
      ...(parameters.tags && { tags: parameters.tags }),
      updated: nowSeconds(context),
      body: { ...version.body, operations: parameters.key_ops ?? version.body.operations },
    };
    context.store.saveVersion(object, changed);
    return { status: 200, body: keyCollection.bundle(context, call, object, changed) };
  });
}

export const keyRoutes: readonly Route[] = [
  { method: 'POST', path: '/rng', operation: 'GetRandomBytes' },
  { method: 'POST', path: '/keys/restore', operation: 'RestoreKey' },
  { method: 'POST', path: '/keys/{name}/backup', operation: 'BackupKey' },
  { method: 'GET', path: '/keys/{name}/rotationpolicy', operation: 'GetKeyRotationPolicy' },
  { method: 'PUT', path: '/keys/{name}/rotationpolicy', operation: 'UpdateKeyRotationPolicy' },
  { method: 'POST', path: '/keys/{name}/create', operation: 'CreateKey', handle: create },
  { method: 'POST', path: '/keys/{name}/rotate', operation: 'RotateKey', handle: rotate },
  { method: 'PUT', path: '/keys/{name}', operation: 'ImportKey' },
  ...collectionRoutes(keyCollection),
  ...keyUseRoutes,
  { method: 'GET', path: '/keys/{name}', operation: 'GetKey', handle: get },
  { method: 'GET', path: '/keys/{name}/{version}', operation: 'GetKey', handle: get },
  { method: 'PATCH', path: '/keys/{name}', operation: 'UpdateKey', handle: update },
  { method: 'PATCH', path: '/keys/{name}/{version}', operation: 'UpdateKey', handle: update },
];
