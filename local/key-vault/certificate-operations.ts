import { z } from 'zod';
import { attributeParameters, tagParameters, wantedAttributes } from './attributes.ts';
import { certificateCollection, renderOperation } from './certificate-bundle.ts';
import { orderChain, parseCertificate } from './certificate-chain.ts';
import { beginVersion, requireNoOperation } from './certificate-creation.ts';
import { completePolicy, policyParameters } from './certificate-policy.ts';
import type { CertificateOperation } from './certificate-state.ts';
import { requireObject, requireVersion } from './collection.ts';
import { removeCertificateVersion, saveCertificateVersion } from './issued-version.ts';
import { keyOf, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, VaultError } from './vault-error.ts';
import type { StoredObject } from './vault-store.ts';

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

function requirePending(context: VaultContext, call: VaultCall) {
  const object = requireObject(context, keyOf(call, 'certificates'));
  const { operation } = object.detail;
  const wanted = call.query.get('request_id');
  if (!operation || (wanted && wanted !== operation.requestId))
    throw new VaultError(404, 'PendingCertificateNotFound', `Pending certificate not found: ${object.name}`);
  return { object, operation };
}

/**
 * Forgets the operation, and with it the version that it would have made, unless that is all there is of the name:
 * then an empty version stays, as in the service, and the next create drops it.
 */
function forget(context: VaultContext, { object, operation }: ReturnType<typeof requirePending>): void {
  const { store } = context;
  const { operation: _, ...detail } = object.detail;
  store.save({ ...object, detail });
  const hasOther = store.latest(object)?.version !== operation.version;
  if (operation.status !== 'completed' && hasOther)
    removeCertificateVersion(context, object.vault, object.name, operation.version);
}

async function create(context: VaultContext, call: VaultCall) {
  const key = keyOf(call, 'certificates');
  const parameters = parseBody(call, createParameters);
  requireNoOperation(context, key);
  const current = parameters.policy ? undefined : context.store.find(key)?.detail.policy;
  const { object, operation } = await beginVersion(context, key, {
    policy: completePolicy(parameters.policy ?? {}, current),
    preserveOrder: parameters.preserveCertOrder ?? false,
    enabled: parameters.attributes?.enabled ?? true,
    tags: parameters.tags ?? {},
  });
  // The first answer is always `inProgress`, also for what is done already: pollers start from there.
  const body = renderOperation(call, object, { ...operation, status: 'inProgress' });
  const location = `${body.id}?${call.query}&request_id=${operation.requestId}`;
  return { status: 202, headers: { location, 'retry-after': '1' }, body };
}

/** Throws 403 while an issuer is at it, and 400 where there is nothing left to merge. */
function requireMergeable({ name }: StoredObject, { status, issuerName }: CertificateOperation): void {
  const isOutside = issuerName === 'Unknown';
  if (status === 'inProgress' && !isOutside)
    throw new VaultError(
      403,
      'Forbidden',
      `Merge is forbidden on pending object created with issuer : ${issuerName} while it is in progess.`,
    );
  if (status === 'completed' || (status !== 'inProgress' && isOutside))
    throw badParameter(`The certificate operation of ${name} is ${status}; it can not be merged.`);
}

function merge(context: VaultContext, call: VaultCall) {
  const { store } = context;
  const parameters = parseBody(call, mergeParameters);
  return store.atomically(() => {
    const { object, operation } = requirePending(context, call);
    requireMergeable(object, operation);
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
        if (!cancel) return { status: 200, body: renderOperation(call, object, operation) };
        const requested = { ...operation, cancellationRequested: true };
        const changed = { ...requested, status: 'cancelled' as const };
        context.store.save({ ...object, detail: { ...object.detail, operation: changed } });
        // The answer is to the wish; whether it came true is seen later.
        return { status: 200, body: renderOperation(call, object, requested) };
      });
    },
  },
  {
    method: 'DELETE',
    path: '/certificates/{name}/pending',
    operation: 'DeleteCertificateOperation',
    handle: (context, call) =>
      context.store.atomically(() => {
        const pending = requirePending(context, call);
        forget(context, pending);
        return { status: 200, body: renderOperation(call, pending.object, pending.operation) };
      }),
  },
  {
    method: 'POST',
    path: '/certificates/{name}/pending/merge',
    operation: 'MergeCertificate',
    handle: merge,
  },
];
