import type { CertificateRecord, LeafFacts, RenewalWindow } from './certificate.ts';

/** Renewal starts after this part of the lifetime when the authority suggests no window: any lifetime works. */
const renewAfter = 2 / 3;
/** Behind both rules: with less than this part of the lifetime left, a certificate is due whatever else says. */
const emergencyLeft = 1 / 6;

type Lifetime = Pick<LeafFacts, 'notBefore' | 'notAfter'>;

/** From here on a renewal goes before everything else; milliseconds since the epoch. */
export function emergencyAt(leaf: Lifetime): number {
  const from = Date.parse(leaf.notBefore);
  return from + (Date.parse(leaf.notAfter) - from) * (1 - emergencyLeft);
}

/**
 * When renewal of this leaf starts, ISO 8601.
 *
 * 1. a uniform point of the authority's window (`point` in [0, 1) comes from the caller), else
 * 2. two thirds of the lifetime; but
 * 3. never later than the emergency threshold.
 */
export function dueAt(leaf: Lifetime, window: RenewalWindow | undefined, point: number): string {
  const from = Date.parse(leaf.notBefore);
  const lifetimeMs = Date.parse(leaf.notAfter) - from;
  const start = window ? Date.parse(window.start) : Number.NaN;
  const end = window ? Date.parse(window.end) : Number.NaN;
  const suggested = end > start ? start + point * (end - start) : from + lifetimeMs * renewAfter;
  return new Date(Math.min(suggested, emergencyAt(leaf))).toISOString();
}

/** RFC 9773 section 4.3.2 lets the client bound what it is told: between a minute and a day. */
const pollBoundsMs = { least: 60_000, most: 24 * 60 * 60_000 } as const;
/** Where the authority names no wait (RFC 9773 section 4.3.3 recommends six hours after an error too). */
const unnamedPollMs = 6 * 60 * 60_000;
/** Waits after failures in a row: a minute, doubled each time, up to six hours. */
const firstBackOffMs = 60_000;

/** When the window is asked for again, ISO 8601; `failures` in a row, 0 after an answer. */
export function nextCheckAt(nowMs: number, retryAfterMs: number | undefined, failures: number): string {
  const { least, most } = pollBoundsMs;
  const wait =
    failures === 0
      ? (retryAfterMs ?? unnamedPollMs)
      : Math.max(retryAfterMs ?? 0, Math.min(firstBackOffMs * 2 ** (failures - 1), unnamedPollMs));
  return new Date(nowMs + Math.min(Math.max(wait, least), most)).toISOString();
}

/**
 * Between tries of what fails: half an hour, doubled each time, to six hours. Let's Encrypt counts five failed proofs
 * of a name in an hour (one comes back every 12 minutes), and a try makes two. Near the end of a certificate a part of
 * what is left, but minutes; where proofs fail, no more tries than are counted.
 */
const failurePausesMs = {
  first: 30 * 60_000,
  longest: 6 * 60 * 60_000,
  least: 5 * 60_000,
  leastWhereProofsFail: 25 * 60_000,
  partLeft: 1 / 8,
} as const;

/** When an order that failed now is tried again, ISO 8601; never before what the other side asked for. */
export function nextTryAt(
  { failure, leaf }: Pick<CertificateRecord, 'failure' | 'leaf'>,
  retryAfterMs: number | undefined,
  nowMs: number,
): string {
  const grown = failurePausesMs.first * 2 ** Math.min(failure?.count ?? 0, 16);
  const leftMs = leaf ? Date.parse(leaf.notAfter) - nowMs : Number.POSITIVE_INFINITY;
  const hasFailedProofs = failure?.code === 'certificate_challenge_failed';
  const least = hasFailedProofs ? failurePausesMs.leastWhereProofsFail : failurePausesMs.least;
  const soon = Math.max(leftMs * failurePausesMs.partLeft, least);
  const wait = Math.max(Math.min(grown, failurePausesMs.longest, soon), retryAfterMs ?? 0);
  return new Date(nowMs + wait).toISOString();
}
