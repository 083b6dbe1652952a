import { AppError } from '#shared/domain/error.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import type { AuditKey } from '#shared/protocol/audit-chain.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';

/** How long the newest version is taken for the newest. */
const freshMs = 60_000;

interface KeptKeys {
  newest?: { key: AuditKey; readAt: number };
  byVersion: Map<string, AuditKey>;
}

/** By the store that they come from: a process has one. */
const keptKeys = new WeakMap<SecretStore, KeptKeys>();

function keptOf(secrets: SecretStore): KeptKeys {
  const found = keptKeys.get(secrets) ?? { byVersion: new Map() };
  keptKeys.set(secrets, found);
  return found;
}

/** The key that records are chained with. While the vault is away the one that it named last is good for longer. */
export async function currentAuditKey(secrets: SecretStore, now: Date): Promise<AuditKey> {
  const kept = keptOf(secrets);
  const { newest } = kept;
  if (newest && Math.abs(now.getTime() - newest.readAt) < freshMs) return newest.key;
  try {
    const key = await secrets.getSecret(secretNames.auditKey);
    kept.newest = { key, readAt: now.getTime() };
    kept.byVersion.set(key.version, key);
    return key;
  } catch (error) {
    if (newest && error instanceof AppError && error.code === 'key_vault_unavailable') return newest.key;
    throw error;
  }
}

/** An earlier version, or one that another process knows already; undefined where the vault gives none of that name. */
export async function auditKeyOfVersion(
  secrets: SecretStore,
  version: string,
): Promise<AuditKey | undefined> {
  const { byVersion } = keptOf(secrets);
  const known = byVersion.get(version);
  if (known || !/^\w{1,64}$/.test(version)) return known;
  try {
    const key = await secrets.getSecret(secretNames.auditKey, version);
    byVersion.set(version, key);
    return key;
  } catch (error) {
    const isAbsent =
      error instanceof AppError &&
      (error.code === 'configuration_incomplete' || error.code === 'key_vault_refused');
    if (isAbsent) return undefined;
    throw error;
  }
}
