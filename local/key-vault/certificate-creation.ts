import { randomUUID } from 'node:crypto';
import { newVersionId } from './attributes.ts';
import { parseCertificate } from './certificate-chain.ts';
import { requireUsableIssuer } from './certificate-issuers.ts';
import type { CertificatePolicy } from './certificate-policy.ts';
import { createRequest, createSelfSigned } from './certificate-signing.ts';
import type { CertificateOperation } from './certificate-state.ts';
import { requireFreeName } from './collection.ts';
import { removeCertificateVersion, saveCertificateVersion } from './issued-version.ts';
import { createKeyMaterial } from './key-material.ts';
import { nowSeconds, type VaultContext } from './vault-call.ts';
import { conflict } from './vault-error.ts';
import type { ObjectKey, StoredObject } from './vault-store.ts';

type CertificateKey = ObjectKey<'certificates'>;

export interface WantedVersion {
  policy: CertificatePolicy;
  preserveOrder: boolean;
  enabled: boolean;
  tags: Readonly<Record<string, string>>;
}

/** Throws 409 while the name is deleted, taken by an object of its own, or has an operation in progress. */
export function requireNoOperation(context: VaultContext, key: CertificateKey): void {
  const { store } = context;
  for (const kind of ['keys', 'secrets'] as const) {
    const own = store.find({ ...key, kind });
    if (own && !own.managed) throw conflict(`The name ${own.name} belongs to one of the ${kind}.`);
  }
  requireFreeName(context, key);
  if (store.find(key)?.detail.operation?.status === 'inProgress')
    throw conflict(
      "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.",
    );
}

function materialOf({ store }: VaultContext, key: CertificateKey, { key_props }: CertificatePolicy) {
  const version = key_props.reuse_key ? store.latest({ ...key, kind: 'keys' }) : undefined;
  if (version) return Promise.resolve(version.body.privateKey);
  return createKeyMaterial(
    key_props.kty === 'EC'
      ? { kty: 'EC', curve: key_props.crv ?? 'P-256' }
      : { kty: 'RSA', keySize: key_props.key_size },
  );
}

/** Versions that were begun and never issued are dropped when the next one begins. */
function dropAbandoned(context: VaultContext, key: CertificateKey, last: CertificateOperation | undefined) {
  if (last && last.status !== 'completed')
    removeCertificateVersion(context, key.vault, key.name, last.version);
  const newest = context.store.latest(key);
  if (newest?.pending) removeCertificateVersion(context, key.vault, key.name, newest.version);
}

/** What the operation of this issuer is at its beginning. */
function startOf(
  context: VaultContext,
  issuerName: string,
): Pick<CertificateOperation, 'status' | 'issuance'> {
  if (issuerName === 'Self') return { status: 'completed' };
  if (issuerName === 'Unknown') return { status: 'inProgress' };
  const { delayMs, failure } = context.issuance.plan();
  const issuance = { at: context.clock.now() + delayMs, ...(failure && { failure }) };
  return { status: 'inProgress', issuance };
}

/** Makes the key of a new version and begins the operation that issues it. */
export async function beginVersion(context: VaultContext, key: CertificateKey, wanted: WantedVersion) {
  const { store, clock } = context;
  const { policy, preserveOrder, enabled, tags } = wanted;
  const issuerName = policy.issuer.name;
  requireNoOperation(context, key);
  if (issuerName !== 'Self' && issuerName !== 'Unknown') requireUsableIssuer(context, key.vault, issuerName);

  const privateKey = await materialOf(context, key, policy);
  const csr = (await createRequest(policy, privateKey)).toString('base64');
  const chain =
    issuerName === 'Self' ? [parseCertificate(await createSelfSigned(policy, privateKey, clock.now()))] : [];

  return store.atomically(() => {
    // Others may have come in between while the key was made.
    requireNoOperation(context, key);
    const before = store.find(key)?.detail;
    dropAbandoned(context, key, before?.operation);
    const now = nowSeconds(context);
    const version = newVersionId();
    const requestId = randomUUID().replaceAll('-', '');
    const operation: CertificateOperation = {
      requestId,
      version,
      issuerName,
      csr,
      enabled,
      ...startOf(context, issuerName),
    };
    const detail = { policy, created: before?.created ?? now, updated: now, operation };
    const object: StoredObject<'certificates'> = { ...key, managed: false, detail };
    store.save(object);
    const issued = { policy, privateKey, chain, preserveOrder, enabled, tags };
    saveCertificateVersion(context, { vault: key.vault, name: key.name, version, ...issued });
    return { object, operation };
  });
}
