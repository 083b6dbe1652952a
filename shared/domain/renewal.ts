import type { LeafFacts } from './certificate.ts';

/** Renewal starts after this part of the lifetime when the authority suggests no window: any lifetime works. */
const renewAfter = 2 / 3;
/** Behind both rules: with less than this part of the lifetime left, a certificate is due whatever else says. */
const emergencyLeft = 1 / 6;

/** RFC 9773 section 4.2: the window in which the authority asks for renewal, ISO 8601. */
export interface RenewalWindow {
  start: string;
  end: string;
}

/**
 * When renewal of this leaf starts, ISO 8601.
 *
 * 1. a uniform point of the authority's window (`random` in [0, 1) comes from the caller), else
 * 2. two thirds of the lifetime; but
 * 3. never later than the emergency threshold.
 */
export function dueAt(
  leaf: Pick<LeafFacts, 'notBefore' | 'notAfter'>,
  window: RenewalWindow | undefined,
  random: number,
): string {
  const from = Date.parse(leaf.notBefore);
  const lifetimeMs = Date.parse(leaf.notAfter) - from;
  const emergency = from + lifetimeMs * (1 - emergencyLeft);
  const start = window ? Date.parse(window.start) : Number.NaN;
  const end = window ? Date.parse(window.end) : Number.NaN;
  const suggested = end > start ? start + random * (end - start) : from + lifetimeMs * renewAfter;
  return new Date(Math.min(suggested, emergency)).toISOString();
}
