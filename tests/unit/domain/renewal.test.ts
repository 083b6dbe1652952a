import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import { AppError, describeError } from '#shared/domain/error.ts';
import { dueAt, nextCheckAt, nextTryAt } from '#shared/domain/renewal.ts';

const hourMs = 60 * 60 * 1000;
const start = Date.UTC(2026, 9, 1);
const leafOf = (lifetimeMs: number) => ({
  notBefore: new Date(start).toISOString(),
  notAfter: new Date(start + lifetimeMs).toISOString(),
});
const windowOf = (fromMs: number, toMs: number) => ({
  start: new Date(start + fromMs).toISOString(),
  end: new Date(start + toMs).toISOString(),
});
const hoursDue = (...given: Parameters<typeof dueAt>) => (Date.parse(dueAt(...given)) - start) / hourMs;

/** From six hours to 400 days, to the second. */
const lifetimes = fc.integer({ min: 6 * 3600, max: 400 * 24 * 3600 }).map((seconds) => seconds * 1000);
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it.each([
  ['six hours', 6, 4],
  ['six days', 144, 96],
  ['90 days', 2160, 1440],
  ['397 days', 9528, 6352],
])('requirement 67: without a window a leaf of %s is due after two thirds', (_, hours, expected) => {
  expect(hoursDue(leafOf(hours * hourMs), undefined, 0.5)).toBe(expected);
});

it('of any lifetime is due within it, with a sixth of it left at least', () => {
  fc.assert(
    fc.property(lifetimes, randoms, (lifetimeMs, random) => {
      const due = Date.parse(dueAt(leafOf(lifetimeMs), undefined, random));
      expect(due).toBeGreaterThan(start);
      expect(due).toBeLessThanOrEqual(start + (lifetimeMs * 5) / 6);
    }),
  );
});

it('is due at a point of the authority’s window, spread over all of it', () => {
  const leaf = leafOf(90 * 24 * hourMs);
  const window = windowOf(1000 * hourMs, 1100 * hourMs);
  expect([0, 0.25, 0.5, 0.75].map((random) => hoursDue(leaf, window, random))).toEqual([
    1000, 1025, 1050, 1075,
  ]);
});

it('is never due later than with a sixth of its lifetime left, whatever the authority says', () => {
  fc.assert(
    fc.property(lifetimes, fc.nat(), fc.integer({ min: 1 }), randoms, (lifetimeMs, from, length, random) => {
      const window = windowOf(from, from + length);
      const due = Date.parse(dueAt(leafOf(lifetimeMs), window, random));
      expect(due).toBeLessThanOrEqual(Math.ceil(start + (lifetimeMs * 5) / 6));
      const inWindow = due >= start + from && due <= start + from + length;
      const isCapped = due >= Math.floor(start + (lifetimeMs * 5) / 6);
      expect(inWindow || isCapped).toBe(true);
    }),
  );
});

it('of a window in the past is due at once: the authority wants it replaced', () => {
  expect(hoursDue(leafOf(90 * 24 * hourMs), windowOf(-48 * hourMs, -24 * hourMs), 0.5)).toBeLessThan(0);
});

it.each([
  ['ends before it begins', windowOf(1100 * hourMs, 1000 * hourMs)],
  ['has no length', windowOf(1000 * hourMs, 1000 * hourMs)],
  ['has no dates', { start: 'soon', end: 'later' }],
  ['has one date', { start: windowOf(0, 0).start, end: '' }],
])('falls back to two thirds when the window %s', (_, window) => {
  expect(hoursDue(leafOf(90 * 24 * hourMs), window, 0.5)).toBe(1440);
});

describe('asking for the window', () => {
  const minutesUntil = (...given: [number | undefined, number]) =>
    (Date.parse(nextCheckAt(start, ...given)) - start) / 60_000;

  it.each([
    ['the authority says six hours', 6 * 3_600_000, 0, 360],
    ['it names no time', undefined, 0, 360],
    ['it says a second: never more often than each minute', 1_000, 0, 1],
    ['it says a month: at least once a day', 30 * 86_400_000, 0, 1_440],
    ['the first question failed', undefined, 1, 1],
    ['the fourth failed', undefined, 4, 8],
    ['the twentieth failed', undefined, 20, 360],
    ['it failed and said how long', 3_600_000, 1, 60],
  ])('RFC 9773 section 4.3: when %s', (_, retryAfterMs, failures, minutes) => {
    expect(minutesUntil(retryAfterMs, failures)).toBe(minutes);
  });
});

it('acmebot defect 2: while the authority says not yet, no rule of days makes it due', () => {
  const leaf = leafOf(90 * 24 * hourMs);
  // Thirty days before its end, and the window begins later: it is due in the window.
  const window = windowOf(62 * 24 * hourMs, 64 * 24 * hourMs);
  expect(hoursDue(leaf, window, 0.5)).toBe(63 * 24);
  expect(hoursDue(leafOf(6 * 24 * hourMs), windowOf(4.5 * 24 * hourMs, 4.6 * 24 * hourMs), 0)).toBe(4.5 * 24);
});

describe('the next try of a renewal that fails', () => {
  const failed = (code: 'certificate_challenge_failed' | 'agent_not_serving', count: number) => ({
    ...describeError(new AppError(code, 'no')),
    at: new Date(start).toISOString(),
    count,
  });

  it('comes sooner near the end of the certificate, in minutes at last', () => {
    const leaf = { ...leafOf(6 * 24 * hourMs) } as IssuedLeaf;
    const pauseAt = (leftMs: number) => {
      const now = Date.parse(leaf.notAfter) - leftMs;
      return Date.parse(nextTryAt({ leaf, failure: failed('agent_not_serving', 9) }, undefined, now)) - now;
    };
    expect([80, 8, 0.1, -1].map((hours) => pauseAt(hours * hourMs) / 60_000)).toEqual([360, 60, 5, 5]);
  });

  it('never makes more failed proofs than an authority counts: five at once and one more every 12 minutes', () => {
    const leaf = { ...leafOf(6 * 24 * hourMs) } as IssuedLeaf;
    const least = fc.sample(fc.integer({ min: -hourMs, max: 6 * hourMs }), 50).map((leftMs) => {
      let now = Date.parse(leaf.notAfter) - leftMs;
      let left = 5;
      let lowest = left;
      for (let count = 0; count < 30; count += 1) {
        left -= 2;
        lowest = Math.min(lowest, left);
        const failure = count === 0 ? {} : { failure: failed('certificate_challenge_failed', count) };
        const next = Date.parse(nextTryAt({ leaf, ...failure }, undefined, now));
        left = Math.min(5, left + (next - now) / (12 * 60_000));
        now = next;
      }
      return lowest;
    });
    expect(Math.min(...least)).toBeGreaterThanOrEqual(0);
  });
});
