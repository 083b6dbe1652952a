import type { X509Certificate } from 'node:crypto';
import type { CertificatePolicy } from './certificate-policy.ts';
import type { VaultContext } from './vault-call.ts';
import { nowSeconds } from './vault-call.ts';
import type { StoredVersion } from './vault-store.ts';

/** One version of a certificate with its key, before or after it was issued. */
export interface CertificateVersionInput {
  vault: string;
  name: string;
  version: string;
  policy: CertificatePolicy;
  /** PKCS#8 PEM. */
  privateKey: string;
  /** Leaf first; empty while the certificate is not issued. */
  chain: readonly X509Certificate[];
  preserveOrder: boolean;
  enabled: boolean;
  tags: Readonly<Record<string, string>>;
}

const operations = {
  EC: ['sign', 'verify'],
  RSA: ['sign', 'verify', 'wrapKey', 'unwrapKey', 'encrypt', 'decrypt'],
} as const;

/** Writes the certificate version and the key and secret of the same name and version; call it in a transaction. */
export function saveCertificateVersion(context: VaultContext, input: CertificateVersionInput): void {
  const { store } = context;
  const { vault, name, version, policy, chain, tags } = input;
  const [leaf] = chain;
  const now = nowSeconds(context);
  const shared: Omit<StoredVersion, 'body'> = {
    version,
    pending: !leaf,
    enabled: leaf ? input.enabled : false,
    ...(leaf && {
      notBefore: Math.floor(leaf.validFromDate.getTime() / 1000),
      expires: Math.floor(leaf.validToDate.getTime() / 1000),
    }),
    created: store.findVersion({ vault, kind: 'certificates', name }, version)?.created ?? now,
    updated: now,
    tags,
  };
  store.saveVersion(
    { vault, kind: 'certificates', name },
    {
      ...shared,
      body: {
        chain: chain.map(({ raw }) => raw.toString('base64')),
        preserveOrder: input.preserveOrder,
      },
    },
  );
  const { kty, exportable } = policy.key_props;
  const key = { vault, kind: 'keys', name } as const;
  store.save({ ...key, managed: true, detail: {} });
  store.saveVersion(key, {
    ...shared,
    body: { privateKey: input.privateKey, operations: operations[kty], exportable },
  });
  const secret = { vault, kind: 'secrets', name } as const;
  store.save({ ...secret, managed: true, detail: {} });
  store.saveVersion(secret, { ...shared, contentType: policy.secret_props.contentType, body: {} });
}

/** Removes a version that was never issued, with its key and secret. */
export function removeCertificateVersion(
  { store }: VaultContext,
  vault: string,
  name: string,
  version: string,
) {
  for (const kind of ['certificates', 'keys', 'secrets'] as const)
    store.removeVersion({ vault, kind, name }, version);
}
