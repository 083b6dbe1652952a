import type { Urgency } from './budget.ts';
import { type CertificateRecord, leafInService } from './certificate.ts';
import { emergencyAt } from './renewal.ts';

/**
 * Urgent: revoked (also while its replacement waits or is tried again), expired, or past the emergency threshold.
 * `nowMs` is milliseconds since the epoch.
 */
export function urgencyOf(record: CertificateRecord | undefined, isInstall: boolean, nowMs: number): Urgency {
  const leaf = record && leafInService(record);
  const isRevoked = record?.state === 'revoked' || record?.replacement?.revokedAt !== undefined;
  const isEmergency = leaf !== undefined && nowMs >= emergencyAt(leaf);
  if (isRevoked || record?.state === 'expired' || (isEmergency && !isInstall)) return 'urgent';
  return isInstall ? 'install' : 'renewal';
}
