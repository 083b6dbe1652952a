import type { Closure } from './budget.ts';

/** Pauses in a row: 5, 10, 20, 40, 80, 160, 320 minutes, then 6 hours each time (RFC 9773's wait after an error). */
const firstPauseMs = 5 * 60_000;
const longestPauseMs = 6 * 60 * 60_000;
/** After this long without another failure the count begins anew. */
const forgottenMs = 24 * 60 * 60_000;

/** Why an authority takes no orders. */
export interface Trouble {
  reason: Closure['reason'];
  /** What the authority said, one sentence. */
  detail: string;
  /** What the authority asks for, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/** The closure, while it lasts. */
export const closureAt = (closure: Closure | undefined, now: number): Closure | undefined =>
  closure && Date.parse(closure.until) > now ? closure : undefined;

/**
 * The closure after one more failure. Failures while it is closed are those of orders that were on their way: they
 * do not make the pause grow, but what the authority asks for is kept to. `now` is milliseconds since the epoch.
 */
export function closeAgain(
  previous: Closure | undefined,
  { reason, detail, retryAfterMs = 0 }: Trouble,
  now: number,
): Closure {
  const present = closureAt(previous, now);
  if (present) {
    const asked = new Date(now + retryAfterMs).toISOString();
    return asked > present.until ? { ...present, reason, detail, until: asked } : present;
  }
  const isFresh = previous !== undefined && Date.parse(previous.until) + forgottenMs > now;
  const count = (isFresh ? previous.count : 0) + 1;
  const pauseMs = Math.min(firstPauseMs * 2 ** (count - 1), longestPauseMs);
  return { until: new Date(now + Math.max(pauseMs, retryAfterMs)).toISOString(), reason, detail, count };
}
