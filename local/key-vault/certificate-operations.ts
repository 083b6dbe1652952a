import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { attributeParameters, newVersionId, tagParameters, wantedAttributes } from './attributes.ts';
import { certificateCollection, renderOperation } from './certificate-bundle.ts';
import { orderChain, parseCertificate } from './certificate-chain.ts';
import { type CertificatePolicy, completePolicy, policyParameters } from './certificate-policy.ts';
import { createRequest, createSelfSigned } from './certificate-signing.ts';
import { requireFreeName, requireObject, requireVersion } from './collection.ts';
import { removeCertificateVersion, saveCertificateVersion } from './issued-version.ts';
import { createKeyMaterial } from './key-material.ts';
import { keyOf, nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, conflict, lacking, VaultError } from './vault-error.ts';

const createParameters = z.object({
  policy: policyParameters.nullish(),
  attributes: attributeParameters,
  tags: tagParameters,
  preserveCertOrder: z.boolean().nullish(),
});

const mergeParameters = z.object({
  x5c: z.array(z.base64()).min(1).max(20),
  attributes: attributeParameters,
  tags: tagParameters,
});

/** Throws 409 while the name is deleted, taken by an object of its own, or has an operation in progress. */
export function requireNoOperation(context: VaultContext, call: VaultCall): void {
  const { store } = context;
  for (const kind of ['keys', 'secrets'] as const) {
    const own = store.find(keyOf(call, kind));
    if (own && !own.managed) throw conflict(`The name ${own.name} belongs to one of the ${kind}.`);
  }
  const key = keyOf(call, 'certificates');
  requireFreeName(context, key);
  if (store.find(key)?.detail.operation?.status === 'inProgress')
    throw conflict(
      "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.",
    );
}

function materialOf({ store }: VaultContext, call: VaultCall, { key_props }: CertificatePolicy) {
  const version = key_props.reuse_key ? store.latest(keyOf(call, 'keys')) : undefined;
  if (version) return Promise.resolve(version.body.privateKey);
  return createKeyMaterial(
    key_props.kty === 'EC'
      ? { kty: 'EC', curve: key_props.crv ?? 'P-256' }
      : { kty: 'RSA', keySize: key_props.key_size },
  );
}

function requirePending(context: VaultContext, call: VaultCall) {
  const object = requireObject(context, keyOf(call, 'certificates'));
  const { operation } = object.detail;
  if (!operation)
    throw new VaultError(404, 'PendingCertificateNotFound', `Pending certificate not found: ${object.name}`);
  return { object, operation };
}

/** Drops a version that will never be issued, and the name with it when nothing else is left of it. */
function abandon(context: VaultContext, call: VaultCall): void {
  const { store } = context;
  const { object, operation } = requirePending(context, call);
  if (operation.status !== 'completed')
    removeCertificateVersion(context, object.vault, object.name, operation.version);
  if (store.latest(object)) return;
  for (const kind of ['certificates', 'keys', 'secrets'] as const) store.remove(keyOf(call, kind));
}

async function create(context: VaultContext, call: VaultCall) {
  const { store, clock } = context;
  const key = keyOf(call, 'certificates');
  const parameters = parseBody(call, createParameters);
  requireNoOperation(context, call);
  const policy = completePolicy(
    parameters.policy ?? {},
    parameters.policy ? undefined : store.find(key)?.detail.policy,
  );
  const issuerName = policy.issuer.name;
  if (issuerName !== 'Self' && issuerName !== 'Unknown')
    throw lacking(`certificate issuers; ${issuerName} is neither Self nor Unknown`);

  const privateKey = await materialOf(context, call, policy);
  const csr = (await createRequest(policy, privateKey)).toString('base64');
  const selfSigned =
    issuerName === 'Self' ? [parseCertificate(await createSelfSigned(policy, privateKey, clock.now()))] : [];

  return store.atomically(() => {
    // Others may have come in between while the key was made.
    requireNoOperation(context, call);
    const before = store.find(key)?.detail;
    if (before?.operation?.status === 'cancelled')
      removeCertificateVersion(context, key.vault, key.name, before.operation.version);
    const now = nowSeconds(context);
    const version = newVersionId();
    const enabled = parameters.attributes?.enabled ?? true;
    const status = issuerName === 'Self' ? ('completed' as const) : ('inProgress' as const);
    const operation = {
      requestId: randomUUID().replaceAll('-', ''),
      version,
      issuerName,
      csr,
      status,
      enabled,
    };
    const created = before?.created ?? now;
    const object = { ...key, managed: false, detail: { policy, created, updated: now, operation } };
    store.save(object);
    saveCertificateVersion(context, {
      ...key,
      version,
      policy,
      privateKey,
      chain: selfSigned,
      preserveOrder: parameters.preserveCertOrder ?? false,
      enabled,
      tags: parameters.tags ?? {},
    });
    // The first answer is always `inProgress`, also for what is done already: pollers start from there.
    const body = renderOperation(call, object, { ...operation, status: 'inProgress' });
    const location = `${body.id}?${call.query}&request_id=${operation.requestId}`;
    return { status: 202, headers: { location, 'retry-after': '1' }, body };
  });
}

function merge(context: VaultContext, call: VaultCall) {
  const { store } = context;
  const parameters = parseBody(call, mergeParameters);
  return store.atomically(() => {
    const { object, operation } = requirePending(context, call);
    if (operation.status !== 'inProgress')
      throw badParameter(
        `The certificate operation of ${object.name} is ${operation.status}; it can not be merged.`,
      );
    const pending = store.findVersion(object, operation.version);
    const key = store.findVersion(keyOf(call, 'keys'), operation.version);
    if (!pending || !key) throw new Error(`no pending version of ${object.name}`);
    const given = parameters.x5c.map((der) => parseCertificate(Buffer.from(der, 'base64')));
    const ordered = orderChain(given, key.body.privateKey);
    const { preserveOrder } = pending.body;
    store.save({ ...object, detail: { ...object.detail, operation: { ...operation, status: 'completed' } } });
    saveCertificateVersion(context, {
      vault: object.vault,
      name: object.name,
      version: operation.version,
      policy: object.detail.policy,
      privateKey: key.body.privateKey,
      chain: preserveOrder ? given : ordered,
      preserveOrder,
      enabled: wantedAttributes(parameters.attributes).enabled ?? operation.enabled,
      tags: parameters.tags ?? pending.tags,
    });
    const merged = requireVersion(context, call, 'certificates');
    return { status: 201, body: certificateCollection.bundle(context, call, merged.object, merged.version) };
  });
}

export const certificateOperationRoutes: readonly Route[] = [
  { method: 'POST', path: '/certificates/{name}/create', operation: 'CreateCertificate', handle: create },
  {
    method: 'GET',
    path: '/certificates/{name}/pending',
    operation: 'GetCertificateOperation',
    handle(context, call) {
      const { object, operation } = requirePending(context, call);
      return { status: 200, body: renderOperation(call, object, operation) };
    },
  },
  {
    method: 'PATCH',
    path: '/certificates/{name}/pending',
    operation: 'UpdateCertificateOperation',
    handle(context, call) {
      const { cancellation_requested: cancel } = parseBody(
        call,
        z.object({ cancellation_requested: z.boolean() }),
      );
      return context.store.atomically(() => {
        const { object, operation } = requirePending(context, call);
        if (operation.status !== 'inProgress')
          throw badParameter(`The certificate operation of ${object.name} is ${operation.status} already.`);
        const changed = cancel ? { ...operation, status: 'cancelled' as const } : operation;
        context.store.save({ ...object, detail: { ...object.detail, operation: changed } });
        return { status: 200, body: renderOperation(call, object, changed) };
      });
    },
  },
  {
    method: 'DELETE',
    path: '/certificates/{name}/pending',
    operation: 'DeleteCertificateOperation',
    handle: (context, call) =>
      context.store.atomically(() => {
        const { object, operation } = requirePending(context, call);
        const { operation: _, ...detail } = object.detail;
        abandon(context, call);
        if (context.store.find(object)) context.store.save({ ...object, detail });
        return { status: 200, body: renderOperation(call, object, operation) };
      }),
  },
  {
    method: 'POST',
    path: '/certificates/{name}/pending/merge',
    operation: 'MergeCertificate',
    handle: merge,
  },
];
