import type { Authority } from './authority.ts';
import { Problem } from './problem.ts';

const minuteMs = 60_000;

/** A token bucket: `capacity` at once, one more every `refillMs`. */
interface RateLimit {
  capacity: number;
  refillMs: number;
}

export type RateLimitName = 'newOrdersPerAccount' | 'certificatesPerRegisteredDomain';

/** Limits that are switched on; one that is absent does not limit. */
export type RateLimits = Readonly<Partial<Record<RateLimitName, RateLimit>>>;

/** letsencrypt.org/docs/rate-limits, 2026: 300 orders per 3 hours, 50 certificates per 7 days. */
export const letsEncryptRateLimits: RateLimits = {
  newOrdersPerAccount: { capacity: 300, refillMs: (180 * minuteMs) / 300 },
  certificatesPerRegisteredDomain: { capacity: 50, refillMs: (7 * 24 * 60 * minuteMs) / 50 },
};

/** The last two labels: there is no public suffix list below `localhost`. */
export const registeredDomainOf = (name: string): string => name.split('.').slice(-2).join('.');

/** What a bucket is kept in. */
type Budgets = Pick<Authority, 'store' | 'clock' | 'rateLimits'>;

/**
 * One timestamp per bucket says everything: the moment at which it will be full again. A token may be taken
 * while that moment lies less than the whole bucket ahead.
 */
function tokenAfter(
  budgets: Budgets,
  name: RateLimitName,
  subject: string,
): { fullAt: number; waitMs: number } {
  const limit = budgets.rateLimits[name];
  if (!limit) return { fullAt: 0, waitMs: 0 };
  const row = budgets.store
    .prepare('SELECT full_at FROM acme_budgets WHERE rate_limit = ? AND subject = ?')
    .get(name, subject) as { full_at: number } | undefined;
  const now = budgets.clock.now();
  const fullAt = Math.max(row?.full_at ?? now, now) + limit.refillMs;
  return { fullAt, waitMs: fullAt - now - limit.capacity * limit.refillMs };
}

/** Throws `rateLimited` with Retry-After when the bucket is empty; takes nothing. */
export function requireBudget(budgets: Budgets, name: RateLimitName, subject: string): void {
  const { waitMs } = tokenAfter(budgets, name, subject);
  if (waitMs <= 0) return;
  const { capacity = 0 } = budgets.rateLimits[name] ?? {};
  const until = new Date(budgets.clock.now() + waitMs).toISOString();
  throw new Problem('rateLimited', `too many (${capacity}) for ${subject}: ${name}, retry after ${until}`, {
    retryAfterMs: waitMs,
  });
}

/** Takes one token. */
export function spendBudget(budgets: Budgets, name: RateLimitName, subject: string): void {
  if (!budgets.rateLimits[name]) return;
  budgets.store
    .prepare(
      'INSERT INTO acme_budgets VALUES (?, ?, ?) ON CONFLICT (rate_limit, subject) DO UPDATE SET full_at = excluded.full_at',
    )
    .run(name, subject, tokenAfter(budgets, name, subject).fullAt);
}
