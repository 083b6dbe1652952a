import { newVersionId, renderAttributes } from './attributes.ts';
import { type Collection, requireFreeName } from './collection.ts';
import { publicJwk } from './key-material.ts';
import { keyOf, nowSeconds, type VaultCall, type VaultContext } from './vault-call.ts';
import type { StoredVersion } from './vault-store.ts';

export const keyCollection: Collection<'keys'> = {
  kind: 'keys',
  noun: 'Key',
  bundle: (context, call, { name, managed }, version) => ({
    key: {
      kid: `${call.baseUrl}/keys/${name}/${version.version}`,
      key_ops: version.body.operations,
      ...publicJwk(version.body.privateKey),
    },
    attributes: renderAttributes(context, call.vault, version),
    tags: version.tags,
    ...(managed && { managed }),
  }),
  item: (context, id, { vault, managed }, version) => ({
    kid: id,
    attributes: renderAttributes(context, vault, version),
    tags: version.tags,
    ...(managed && { managed }),
  }),
};

interface NewKeyVersion {
  privateKey: string;
  operations: readonly string[];
  attributes?: Partial<Pick<StoredVersion, 'enabled' | 'notBefore' | 'expires'>>;
  tags: Readonly<Record<string, string>>;
}

/** Writes the next version of the key that the route names, and answers its bundle. */
export function addKeyVersion(context: VaultContext, call: VaultCall, input: NewKeyVersion) {
  return context.store.atomically(() => {
    const key = keyOf(call, 'keys');
    requireFreeName(context, key);
    const now = nowSeconds(context);
    const object = { ...key, managed: false, detail: context.store.find(key)?.detail ?? {} };
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
