import type { AuditActor } from './audit.ts';
import type { CertificateRecord, RevocationReason } from './certificate.ts';

/** The replacement of many certificates at once, as an exercise or in earnest. Its end is when none is left. */
export interface Drill {
  id: string;
  reason: RevocationReason;
  /** Whether the old leaves are revoked, each when its replacement is served. */
  revoke: boolean;
  /** Only what this authority issued (its name in our configuration); all where absent. */
  issuedBy?: string;
  status: 'running' | 'succeeded' | 'cancelled';
  requestedBy: AuditActor;
  /** Whose it is; of the deployment's own tenant where nothing is said. */
  tenantId?: string;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
  endedAt?: string;
  /** Certificates that were marked, and how many of them are replaced and seen served. */
  total: number;
  replaced: number;
  /** Certificates on machines where the caller may not install: left alone. */
  skipped: number;
  /** When the last one is expected to be issued, by the authorities' budgets; ISO 8601. */
  estimatedEnd?: string;
}

export const isMarkedFor = (drill: string, { replacement }: CertificateRecord): boolean =>
  replacement?.drill === drill;

/** How far it is: what is newer than the drill and no longer marked is replaced and seen served. */
export function measureDrill(
  drill: Drill,
  certificates: readonly CertificateRecord[],
  at: Date,
): Pick<Drill, 'replaced' | 'estimatedEnd'> {
  const left = certificates.filter((certificate) => isMarkedFor(drill.id, certificate));
  // At the beginning the old ones are not marked yet: those are not replaced.
  const renewed = certificates.filter(
    (certificate) =>
      !isMarkedFor(drill.id, certificate) && (certificate.leaf?.issuedAt ?? '') > drill.createdAt,
  );
  const replaced = Math.max(0, Math.min(drill.total - left.length, renewed.length));
  // The last turn that the planner has given, or the pace so far: whichever is later.
  const turns = left.flatMap(({ plan }) => (plan ? [plan.turnAt] : []));
  const elapsedMs = at.getTime() - Date.parse(drill.createdAt);
  if (replaced > 0) {
    const restMs = (elapsedMs / replaced) * (drill.total - replaced);
    turns.push(new Date(at.getTime() + restMs).toISOString());
  }
  const estimatedEnd = turns.toSorted().at(-1);
  return { replaced, ...(estimatedEnd !== undefined && { estimatedEnd }) };
}
