/** The longest that we wait because a service asked us to. */
export const longestMs = 60_000;
/** Services say zero when they are in a hurry; this keeps it from becoming a tight loop. */
const shortestMs = 20;

/** Milliseconds that a `Retry-After` field asks for: seconds or a date (RFC 9110 section 10.2.3). */
export function wantedMs(field: string | null, nowMs: number): number | undefined {
  if (field === null) return undefined;
  const text = field.trim();
  const wanted = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(wanted) ? undefined : Math.max(wanted, shortestMs);
}

/** The same, bounded. */
export function retryAfterMs(field: string | null, nowMs: number): number | undefined {
  const wanted = wantedMs(field, nowMs);
  return wanted === undefined ? undefined : Math.min(wanted, longestMs);
}
