import type { Authority } from './authority.ts';
import { Problem } from './problem.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** A token bucket: `capacity` at once, one more every `refillMs`. */
interface RateLimit {
  capacity: number;
  refillMs: number;
}

export type RateLimitName =
  | 'newAccountsPerAddress'
  | 'newOrdersPerAccount'
  | 'certificatesPerRegisteredDomain'
  | 'certificatesPerExactSet'
  | 'failedValidationsPerName'
  | 'consecutiveFailuresPerName';

/** Limits that are switched on; one that is absent does not limit. */
export type RateLimits = Readonly<Partial<Record<RateLimitName, RateLimit>>>;

/**
 * letsencrypt.org/docs/rate-limits, 2026. Orders that replace a certificate (RFC 9773) are exempt from all that count
 * orders and certificates; renewals of the same names from the one per registered domain.
 */
export const letsEncryptRateLimits: RateLimits = {
  newAccountsPerAddress: { capacity: 10, refillMs: (180 * minuteMs) / 10 },
  newOrdersPerAccount: { capacity: 300, refillMs: (180 * minuteMs) / 300 },
  certificatesPerRegisteredDomain: { capacity: 50, refillMs: (7 * dayMs) / 50 },
  certificatesPerExactSet: { capacity: 5, refillMs: (7 * dayMs) / 5 },
  failedValidationsPerName: { capacity: 5, refillMs: (60 * minuteMs) / 5 },
  consecutiveFailuresPerName: { capacity: 1152, refillMs: dayMs },
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

/** Whole tokens that are left, by the clock. */
export function remaining(budgets: Budgets, name: RateLimitName, fullAt: number): number {
  const { capacity = 0, refillMs = 1 } = budgets.rateLimits[name] ?? {};
  const missing = Math.ceil(Math.max(0, fullAt - budgets.clock.now()) / refillMs);
  return Math.max(0, capacity - missing);
}

/** Fills a bucket at once. */
export function refillBudget({ store }: Budgets, name: RateLimitName, subject: string): void {
  store.prepare('DELETE FROM acme_budgets WHERE rate_limit = ? AND subject = ?').run(name, subject);
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
