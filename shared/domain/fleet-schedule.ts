import type { Bucket, Closure, RateLimit, Waiter } from './budget.ts';
import type { CertificateRecord } from './certificate.ts';
import { closureAt } from './closure.ts';
import { newBucket, nthTokenAt, settleForgotten, spendToken, takeToken } from './token-bucket.ts';
import { compareStanding, emptiestBucket, isWaiting } from './turn.ts';

/** One authority with its budget as it was read. */
export interface AuthorityBudget {
  name: string;
  /** Directory URL or `issuer:<name>`. */
  authority: string;
  limits: readonly RateLimit[];
  buckets: readonly Bucket[];
  closure?: Closure | undefined;
  waiters: readonly Waiter[];
}

export type FleetCertificate = CertificateRecord & { machineId: string };

/** When one certificate gets its turn, and when what it serves ends; milliseconds since the epoch. */
export interface ScheduledTurn {
  machineId: string;
  turnAt: number;
  /** Absent for a machine that serves nothing yet. */
  expiresAt?: number;
}

/** The limits that all machines share; a machine's own are in no record that one could read for all of them. */
export const sharedLimits = (limits: readonly RateLimit[]): RateLimit[] =>
  limits.filter(({ scope }) => scope !== 'machine');

export const sharedBucket = (limit: RateLimit, buckets: readonly Bucket[], now: number): Bucket =>
  settleForgotten(limit, emptiestBucket(limit, buckets), now);

/** What is left of an authority while turns are given out one after the other. */
function createLedger({ limits, buckets, closure }: AuthorityBudget, now: number) {
  const from = Math.max(now, Date.parse(closureAt(closure, now)?.until ?? '') || now);
  const left = new Map(
    sharedLimits(limits).map((limit) => [limit.id, { limit, bucket: sharedBucket(limit, buckets, now) }]),
  );
  const of = (needs: readonly string[]) => needs.flatMap((id) => left.get(id) ?? []);
  const earliest = (needs: readonly string[], notBefore: number): number =>
    Math.max(
      from,
      notBefore,
      ...of(needs).map(({ limit, bucket }) => nthTokenAt(limit, bucket, Math.max(from, notBefore), 1)),
    );
  return {
    earliest,
    /** Takes the tokens at that time. */
    take(needs: readonly string[], at: number): void {
      for (const { limit, bucket } of of(needs)) {
        const without = { ...newBucket(bucket.id), ...bucket };
        left.set(limit.id, { limit, bucket: spendToken(limit, takeToken(without, at), at, at) });
      }
    },
  };
}

/** Those who wait now, each at its authority, in the order in which they go. */
export function scheduleQueue(authority: AuthorityBudget, now: number): ScheduledTurn[] {
  return queueTurns(authority, createLedger(authority, now), now);
}

function queueTurns(
  { waiters }: AuthorityBudget,
  ledger: ReturnType<typeof createLedger>,
  now: number,
): ScheduledTurn[] {
  return waiters
    .filter((waiter) => isWaiting(waiter, now))
    .toSorted(compareStanding)
    .map(({ machineId, needs, turnAt: asksAt, expiresAt }) => {
      // Nobody has his turn before he asks again.
      const turnAt = ledger.earliest(needs, Date.parse(asksAt));
      ledger.take(needs, turnAt);
      return { machineId, turnAt, ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }) };
    });
}
