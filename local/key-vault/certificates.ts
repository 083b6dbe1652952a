import { z } from 'zod';
import { attributeParameters, newVersionId, tagParameters, wantedAttributes } from './attributes.ts';
import { certificateCollection, renderPolicy } from './certificate-bundle.ts';
import { orderChain } from './certificate-chain.ts';
import { contentTypeOf, parseImport } from './certificate-content.ts';
import { requireNoOperation } from './certificate-creation.ts';
import { certificateIssuerRoutes } from './certificate-issuers.ts';
import { certificateOperationRoutes } from './certificate-operations.ts';
import { completePolicy, policyParameters } from './certificate-policy.ts';
import { collectionRoutes, requireObject, requireVersion } from './collection.ts';
import { saveCertificateVersion } from './issued-version.ts';
import { parametersOf } from './key-material.ts';
import { keyOf, nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter } from './vault-error.ts';
import type { StoredObject } from './vault-store.ts';

const importParameters = z.object({
  value: z.string().min(1),
  pwd: z.string().nullish(),
  policy: policyParameters.nullish(),
  attributes: attributeParameters,
  tags: tagParameters,
  preserveCertOrder: z.boolean().nullish(),
});

const updateParameters = z.object({
  policy: policyParameters.nullish(),
  attributes: attributeParameters,
  tags: tagParameters,
});

function bundleReply(context: VaultContext, call: VaultCall) {
  const { object, version } = requireVersion(context, call, 'certificates');
  return { status: 200, body: certificateCollection.bundle(context, call, object, version) };
}

function importCertificate(context: VaultContext, call: VaultCall) {
  const { store } = context;
  const parameters = parseBody(call, importParameters);
  const contentType = parameters.policy?.secret_props?.contentType ?? contentTypeOf(parameters.value);
  const { privateKey, certificates } = parseImport(parameters.value, parameters.pwd ?? '', contentType);
  const ordered = orderChain(certificates, privateKey);
  const [leaf] = ordered;
  const material = parametersOf(privateKey);
  const policy = completePolicy({
    ...parameters.policy,
    key_props: {
      exportable: true,
      ...parameters.policy?.key_props,
      kty: material.kty,
      ...(material.kty === 'EC' ? { crv: material.curve } : { key_size: material.keySize }),
    },
    secret_props: { contentType },
    x509_props: { subject: leaf?.subject ?? 'CN=', ...parameters.policy?.x509_props },
    issuer: parameters.policy?.issuer?.name ? parameters.policy.issuer : { name: 'Unknown' },
  });
  return store.atomically(() => {
    const key = keyOf(call, 'certificates');
    requireNoOperation(context, key);
    const now = nowSeconds(context);
    const created = store.find(key)?.detail.created ?? now;
    const preserveOrder = parameters.preserveCertOrder ?? false;
    store.save({ ...key, managed: false, detail: { policy, created, updated: now } });
    saveCertificateVersion(context, {
      ...key,
      version: newVersionId(),
      policy,
      privateKey,
      chain: preserveOrder ? certificates : ordered,
      preserveOrder,
      enabled: parameters.attributes?.enabled ?? true,
      tags: parameters.tags ?? {},
    });
    return bundleReply(context, call);
  });
}

function savePolicy(
  context: VaultContext,
  object: StoredObject<'certificates'>,
  wanted: z.infer<typeof policyParameters>,
) {
  const policy = completePolicy(wanted, object.detail.policy);
  const changed = { ...object, detail: { ...object.detail, policy, updated: nowSeconds(context) } };
  context.store.save(changed);
  return changed;
}

function updateCertificate(context: VaultContext, call: VaultCall) {
  const { store } = context;
  const parameters = parseBody(call, updateParameters);
  return store.atomically(() => {
    const { object, version } = requireVersion(context, call, 'certificates');
    if (version.pending) throw badParameter(`${object.name} has no version that is issued.`);
    if (parameters.policy) savePolicy(context, object, parameters.policy);
    const change = {
      ...wantedAttributes(parameters.attributes),
      ...(parameters.tags && { tags: parameters.tags }),
      updated: nowSeconds(context),
    };
    store.saveVersion(object, { ...version, ...change });
    // The key and the secret behind a certificate follow it.
    for (const kind of ['keys', 'secrets'] as const) {
      const key = keyOf(call, kind);
      const managed = store.findVersion(key, version.version);
      if (managed) store.saveVersion(key, { ...managed, ...change });
    }
    return bundleReply(context, call);
  });
}

/** In order of precedence: literal segments stand before placeholders. */
export const certificateRoutes: readonly Route[] = [
  { method: 'GET', path: '/certificates/contacts', operation: 'GetCertificateContacts' },
  { method: 'PUT', path: '/certificates/contacts', operation: 'SetCertificateContacts' },
  { method: 'DELETE', path: '/certificates/contacts', operation: 'DeleteCertificateContacts' },
  ...certificateIssuerRoutes,
  { method: 'POST', path: '/certificates/restore', operation: 'RestoreCertificate' },
  { method: 'POST', path: '/certificates/{name}/backup', operation: 'BackupCertificate' },
  ...certificateOperationRoutes,
  ...collectionRoutes(certificateCollection),
  {
    method: 'POST',
    path: '/certificates/{name}/import',
    operation: 'ImportCertificate',
    handle: importCertificate,
  },
  {
    method: 'GET',
    path: '/certificates/{name}/policy',
    operation: 'GetCertificatePolicy',
    handle(context, call) {
      const object = requireObject(context, keyOf(call, 'certificates'));
      return { status: 200, body: renderPolicy(call, object) };
    },
  },
  {
    method: 'PATCH',
    path: '/certificates/{name}/policy',
    operation: 'UpdateCertificatePolicy',
    handle(context, call) {
      const wanted = parseBody(call, policyParameters);
      return context.store.atomically(() => {
        const object = requireObject(context, keyOf(call, 'certificates'));
        return { status: 200, body: renderPolicy(call, savePolicy(context, object, wanted)) };
      });
    },
  },
  { method: 'GET', path: '/certificates/{name}', operation: 'GetCertificate', handle: bundleReply },
  { method: 'GET', path: '/certificates/{name}/{version}', operation: 'GetCertificate', handle: bundleReply },
  {
    method: 'PATCH',
    path: '/certificates/{name}',
    operation: 'UpdateCertificate',
    handle: updateCertificate,
  },
  {
    method: 'PATCH',
    path: '/certificates/{name}/{version}',
    operation: 'UpdateCertificate',
    handle: updateCertificate,
  },
];
