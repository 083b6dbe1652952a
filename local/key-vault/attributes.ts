import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { VaultContext } from './vault-call.ts';
import type { StoredVersion } from './vault-store.ts';

/** The service's default for vaults with soft delete. */
export const recoverableDays = 90;

const seconds = z.int().min(0);

/** What a client may say of a version; times in seconds since the epoch. */
export const attributeParameters = z
  .object({ enabled: z.boolean().nullish(), nbf: seconds.nullish(), exp: seconds.nullish() })
  .nullish();

export const tagParameters = z.record(z.string().max(512), z.string().max(256)).nullish();

type AttributeParameters = z.infer<typeof attributeParameters>;

/** Versions are 32 hexadecimal digits. */
export const newVersionId = () => randomUUID().replaceAll('-', '');

/** The members of a version that a client sets, in the store's words; what it left out stays away. */
export function wantedAttributes(wanted: AttributeParameters) {
  return {
    ...(typeof wanted?.enabled === 'boolean' && { enabled: wanted.enabled }),
    ...(typeof wanted?.nbf === 'number' && { notBefore: wanted.nbf }),
    ...(typeof wanted?.exp === 'number' && { expires: wanted.exp }),
  };
}

export const renderAttributes = (
  { protectedVaults }: VaultContext,
  vault: string,
  { enabled, notBefore, expires, created, updated }: StoredVersion,
) => ({
  enabled,
  ...(notBefore !== undefined && { nbf: notBefore }),
  ...(expires !== undefined && { exp: expires }),
  created,
  updated,
  recoveryLevel: protectedVaults.has(vault) ? 'Recoverable' : 'Recoverable+Purgeable',
  recoverableDays,
});
