import type { Bucket } from '#shared/domain/budget.ts';
import { AppError } from '#shared/domain/error.ts';
import { newBucket, nthTokenAt, spendToken, takeToken } from '#shared/domain/token-bucket.ts';
import type { Settings } from '../settings.ts';

/** What is counted apart from each other, per minute and caller; `failures` are counted by address. */
const limitClasses = ['reads', 'changes', 'connects', 'exports', 'failures', 'agents', 'proxies'] as const;
export type LimitClass = (typeof limitClasses)[number];

const minuteMs = 60_000;
/** Callers that are remembered of each class; the one who was away longest is forgotten first. */
const most = 10_000;

export interface RateLimiter {
  /** Counts one. Throws `too_many_requests` when this caller, or this address, has had enough for now. */
  take(of: LimitClass, who: string): void;
}

/**
 * Token buckets in the memory of this instance: a minute's worth at once, then as fast as they refill. Each instance of
 * the app counts for itself. `now` is in milliseconds.
 */
export function createRateLimiter(
  perMinute: Readonly<Record<LimitClass, number>>,
  now: () => number,
): RateLimiter {
  const buckets = new Map<LimitClass, Map<string, Bucket>>(limitClasses.map((of) => [of, new Map()]));

  return {
    take(of, who) {
      const at = now();
      const rate = { capacity: perMinute[of], refillMs: minuteMs / perMinute[of] };
      const known = buckets.get(of) ?? new Map<string, Bucket>();
      const bucket = known.get(who) ?? newBucket(who);
      const thereAt = nthTokenAt(rate, bucket, at, 1);
      if (thereAt > at) {
        throw new AppError(
          'too_many_requests',
          `more than ${perMinute[of]} ${of} a minute; the next is let in after ${thereAt - at} milliseconds`,
          { facts: { limit: of, perMinute: perMinute[of] }, retryAfterMs: thereAt - at },
        );
      }
      known.delete(who);
      known.set(who, spendToken(rate, takeToken(bucket, at), at, at));
      const [longestAway] = known.keys();
      if (known.size > most && longestAway !== undefined) known.delete(longestAway);
    },
  };
}

export const limitsOf = (settings: Settings): Record<LimitClass, number> => ({
  reads: settings.ADMIN_CENTER_RATE_LIMIT_READS,
  changes: settings.ADMIN_CENTER_RATE_LIMIT_CHANGES,
  connects: settings.ADMIN_CENTER_RATE_LIMIT_CONNECTS,
  exports: settings.ADMIN_CENTER_RATE_LIMIT_EXPORTS,
  failures: settings.ADMIN_CENTER_RATE_LIMIT_FAILURES,
  agents: settings.ADMIN_CENTER_RATE_LIMIT_AGENTS,
  proxies: settings.ADMIN_CENTER_RATE_LIMIT_PROXIES,
});
