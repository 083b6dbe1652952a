import { z } from 'zod';
import { attributeParameters, tagParameters, wantedAttributes } from './attributes.ts';
import { collectionRoutes, requireFreeName, requireVersion } from './collection.ts';
import { createKeyMaterial, type KeyParameters, parametersOf, privateKeyOfJwk } from './key-material.ts';
import { keyRotationRoutes } from './key-rotation.ts';
import { keyUseRoutes } from './key-use.ts';
import { addKeyVersion, keyCollection } from './key-version.ts';
import { keyOf, nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, lacking } from './vault-error.ts';

const operationNames = z.enum(['sign', 'verify', 'wrapKey', 'unwrapKey', 'encrypt', 'decrypt']);

const createParameters = z.object({
  kty: z.string(),
  key_size: z.int().nullish(),
  crv: z.string().nullish(),
  key_ops: z.array(operationNames).nullish(),
  attributes: attributeParameters,
  tags: tagParameters,
});

const importParameters = z.object({
  key: z.looseObject({ kty: z.string(), key_ops: z.array(operationNames).nullish() }),
  hsm: z.boolean().nullish(),
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

type WantedMaterial = Pick<z.infer<typeof createParameters>, 'kty' | 'crv' | 'key_size'>;

function materialParameters({ kty, crv, key_size }: WantedMaterial): KeyParameters {
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

async function create(context: VaultContext, call: VaultCall) {
  const parameters = parseBody(call, createParameters);
  const material = materialParameters(parameters);
  requireFreeName(context, keyOf(call, 'keys'));
  return addKeyVersion(context, call, {
    privateKey: await createKeyMaterial(material),
    operations: parameters.key_ops ?? defaultOperations[material.kty],
    attributes: wantedAttributes(parameters.attributes),
    tags: parameters.tags ?? {},
  });
}

function importKey(context: VaultContext, call: VaultCall) {
  const parameters = parseBody(call, importParameters);
  if (parameters.hsm) throw lacking('keys in an HSM');
  const privateKey = privateKeyOfJwk(parameters.key);
  const material = parametersOf(privateKey);
  materialParameters(
    material.kty === 'EC' ? { kty: 'EC', crv: material.curve } : { kty: 'RSA', key_size: material.keySize },
  );
  return addKeyVersion(context, call, {
    privateKey,
    operations: parameters.key.key_ops ?? defaultOperations[material.kty],
    attributes: wantedAttributes(parameters.attributes),
    tags: parameters.tags ?? {},
  });
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
  ...keyRotationRoutes,
  { method: 'POST', path: '/keys/{name}/create', operation: 'CreateKey', handle: create },
  { method: 'PUT', path: '/keys/{name}', operation: 'ImportKey', handle: importKey },
  ...collectionRoutes(keyCollection),
  ...keyUseRoutes,
  { method: 'GET', path: '/keys/{name}', operation: 'GetKey', handle: get },
  { method: 'GET', path: '/keys/{name}/{version}', operation: 'GetKey', handle: get },
  { method: 'PATCH', path: '/keys/{name}', operation: 'UpdateKey', handle: update },
  { method: 'PATCH', path: '/keys/{name}/{version}', operation: 'UpdateKey', handle: update },
];
