import { parseCertificate } from './certificate-chain.ts';
import { beginVersion } from './certificate-creation.ts';
import type { CertificatePolicy } from './certificate-policy.ts';
import { createIssued } from './certificate-signing.ts';
import { saveCertificateVersion } from './issued-version.ts';
import type { VaultContext } from './vault-call.ts';
import { VaultError } from './vault-error.ts';
import type { ObjectKey, StoredVersion } from './vault-store.ts';

type CertificateKey = ObjectKey<'certificates'>;

const dayS = 24 * 60 * 60;

/** Ends the operation at an issuer whose time has come: with a chain, or with what the issuer says against it. */
async function issueWhenDue(context: VaultContext, key: CertificateKey): Promise<void> {
  const { store, clock } = context;
  const object = store.find(key);
  const operation = object?.detail.operation;
  if (!object || !operation?.issuance || operation.status !== 'inProgress') return;
  const { issuance, version, requestId } = operation;
  if (object.deletedAt !== undefined || clock.now() < issuance.at) return;
  const pending = store.findVersion(key, version);
  const own = store.findVersion({ ...key, kind: 'keys' }, version);
  if (!pending || !own) return;
  const { policy } = object.detail;
  const chain = issuance.failure
    ? []
    : await createIssued({
        policy,
        privateKeyPem: own.body.privateKey,
        authority: await context.issuance.authority(),
        nowMs: issuance.at,
      });
  store.atomically(() => {
    // Somebody else may have looked, or cancelled, while it was signed.
    const current = store.find(key);
    const last = current?.detail.operation;
    if (!current || last?.requestId !== requestId || last.status !== 'inProgress') return;
    const ended = { ...last, status: issuance.failure ? ('failed' as const) : ('completed' as const) };
    store.save({ ...current, detail: { ...current.detail, operation: ended } });
    if (issuance.failure) return;
    saveCertificateVersion(context, {
      ...key,
      version,
      policy,
      privateKey: own.body.privateKey,
      chain: chain.map((der) => parseCertificate(der)),
      preserveOrder: pending.body.preserveOrder,
      enabled: operation.enabled,
      tags: pending.tags,
    });
  });
}

/** When the first `AutoRenew` of the policy falls due, seconds since the epoch. */
function renewalDue(policy: CertificatePolicy, { notBefore, expires }: StoredVersion): number | undefined {
  if (notBefore === undefined || expires === undefined) return undefined;
  const dues = policy.lifetime_actions
    .filter(({ action }) => action.action_type === 'AutoRenew')
    .map(({ trigger: { lifetime_percentage: percentage, days_before_expiry: days } }) =>
      percentage ? notBefore + ((expires - notBefore) * percentage) / 100 : expires - (days ?? 0) * dayS,
    );
  return dues.length > 0 ? Math.min(...dues) : undefined;
}

/** Begins the next version when the policy says so; after a failure the vault waits for a person. */
async function renewWhenDue(context: VaultContext, key: CertificateKey): Promise<void> {
  const object = context.store.find(key);
  if (!object || object.deletedAt !== undefined) return;
  const { policy, operation } = object.detail;
  if (policy.issuer.name === 'Unknown' || (operation && operation.status !== 'completed')) return;
  const newest = context.store.latest(key);
  const due = newest && !newest.pending && newest.enabled ? renewalDue(policy, newest) : undefined;
  if (!newest || due === undefined || context.clock.now() < due * 1000) return;
  const { tags, body } = newest;
  await beginVersion(context, key, { policy, enabled: true, tags, preserveOrder: body.preserveOrder });
}

/**
 * What a certificate does by itself: an issuer completes it, a policy renews it. The service does so at its time;
 * here it happens when somebody next names the certificate, its key or its secret.
 */
export async function settleCertificate(context: VaultContext, key: CertificateKey): Promise<void> {
  await issueWhenDue(context, key);
  try {
    await renewWhenDue(context, key);
  } catch (error) {
    // An issuer that is gone, or somebody who was first: nothing that concerns who looks.
    if (!(error instanceof VaultError)) throw error;
  }
}
