import type { Bucket, Closure, RateLimit, Waiter } from './budget.ts';
import { type CertificateRecord, type KeyCustody, leafInService } from './certificate.ts';
import { closureAt } from './closure.ts';
import { nthTokenAt, settleForgotten, spendToken, takeToken } from './token-bucket.ts';
import { compareStanding, emptiestBucket, isWaiting, limitsThatCount } from './turn.ts';

/** One authority with its budget as it was read. */
export interface AuthorityBudget {
  name: string;
  /** Directory URL or `issuer:<name>`. */
  authority: string;
  custodies: readonly KeyCustody[];
  limits: readonly RateLimit[];
  buckets: readonly Bucket[];
  closure?: Closure;
  waiters: readonly Waiter[];
}

export type FleetCertificate = CertificateRecord & { machineId: string };

/** When one machine gets its turn, and when what it serves ends; milliseconds since the epoch. */
export interface ScheduledTurn {
  machineId: string;
  turnAt: number;
  /** Absent where nothing is served yet. */
  expiresAt?: number;
  isWaiting: boolean;
}

/** A shared limit with its bucket; machines' own limits are in no record that is read for the whole fleet. */
export const sharedBuckets = ({ limits, buckets }: AuthorityBudget, now: number) =>
  limits
    .filter(({ scope }) => scope !== 'machine')
    .map((limit) => ({ limit, bucket: settleForgotten(limit, emptiestBucket(limit, buckets), now) }));

const opensAt = ({ closure }: AuthorityBudget, now: number): number =>
  Date.parse(closureAt(closure, now)?.until ?? new Date(now).toISOString());

/** Those who wait at an authority in the order in which they go: each behind the tokens of those before him. */
function queueOf(authority: AuthorityBudget, now: number): (ScheduledTurn & { needs: string[] })[] {
  const shared = sharedBuckets(authority, now);
  const given = new Map<string, number>();
  const from = opensAt(authority, now);
  return authority.waiters
    .filter((waiter) => isWaiting(waiter, now))
    .toSorted(compareStanding)
    .map(({ machineId, needs, turnAt, expiresAt }) => {
      const tokens = shared
        .filter(({ limit }) => needs.includes(limit.id))
        .map(({ limit, bucket }) => {
          const nth = (given.get(limit.id) ?? 0) + 1;
          given.set(limit.id, nth);
          return nthTokenAt(limit, bucket, from, nth);
        });
      return {
        machineId,
        needs,
        isWaiting: true,
        // Nobody has his turn before he comes back to ask.
        turnAt: Math.max(from, Date.parse(turnAt), ...tokens),
        ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
      };
    });
}

/** An authority's tokens while turns are given out in the order of their time. */
function openLedger(authority: AuthorityBudget, now: number) {
  const from = opensAt(authority, now);
  const left = new Map(sharedBuckets(authority, now).map((one) => [one.limit.id, one]));
  const counted = (needs: readonly string[]) => needs.flatMap((id) => left.get(id) ?? []);
  return {
    earliest(at: number, needs: readonly string[]): number {
      const start = Math.max(from, at);
      const tokens = counted(needs).map(({ limit, bucket }) => nthTokenAt(limit, bucket, start, 1));
      return Math.max(start, ...tokens);
    },
    take(at: number, needs: readonly string[]): void {
      for (const { limit, bucket } of counted(needs))
        left.set(limit.id, { limit, bucket: spendToken(limit, takeToken(bucket, at), at, at) });
    },
  };
}

/**
 * The next turn of every machine: those who wait first, then everything that falls due, each at the authority that
 * has a token first, the earlier in the list at equal times. Orders that are open have had their turn.
 */
export function scheduleFleet(
  authorities: readonly AuthorityBudget[],
  certificates: readonly FleetCertificate[],
  now: number,
): ScheduledTurn[] {
  const ledgers = authorities.map((authority) => ({ authority, ledger: openLedger(authority, now) }));
  const queues = ledgers.map(({ authority, ledger }) => {
    const queue = queueOf(authority, now);
    for (const { turnAt, needs } of queue.toSorted((a, b) => a.turnAt - b.turnAt)) ledger.take(turnAt, needs);
    return queue;
  });
  const waiting = queues.flat();
  const queued = new Set(waiting.map(({ machineId }) => machineId));

  const falling = certificates
    .filter(({ machineId, state }) => !queued.has(machineId) && state !== 'ordered' && state !== 'withdrawn')
    .flatMap((certificate) =>
      certificate.dueAt === undefined
        ? []
        : { certificate, dueAt: Math.max(now, Date.parse(certificate.dueAt)) },
    )
    .toSorted((a, b) => a.dueAt - b.dueAt)
    .map(({ certificate, dueAt }): ScheduledTurn => {
      const { machineId, custody, leaf, state } = certificate;
      const offers = ledgers
        .filter(({ authority }) => authority.custodies.includes(custody))
        .map(({ authority, ledger }) => {
          const isOwn = leaf?.issuedBy.authority === authority.authority;
          const order = { isReplacement: isOwn, isSameNames: isOwn };
          const needs = limitsThatCount(authority.limits, order).map(({ id }) => id);
          return { ledger, needs, turnAt: ledger.earliest(dueAt, needs) };
        });
      const [best] = offers.toSorted((a, b) => a.turnAt - b.turnAt);
      best?.ledger.take(best.turnAt, best.needs);
      const ends = (state === 'waiting' ? leafInService(certificate) : leaf)?.notAfter;
      return {
        machineId,
        turnAt: best?.turnAt ?? dueAt,
        isWaiting: state === 'waiting',
        ...(ends !== undefined && { expiresAt: Date.parse(ends) }),
      };
    });
  return [...waiting, ...falling];
}
