import { describe, expect, it } from 'vitest';
import { authorityLimits } from '#shared/domain/authority-limits.ts';
import { limitRefused } from '#shared/domain/turn.ts';

/** The most that any window of this length can see: what is in the bucket at once, and what comes back in it. */
const mostIn = (windowMs: number, { capacity, refillMs }: { capacity: number; refillMs: number }) =>
  capacity + Math.floor(windowMs / refillMs);

describe('the limits of the authorities', () => {
  it.each([
    ['lets-encrypt', 'orders-per-account', 300, 36],
    ['lets-encrypt', 'certificates-per-domain', 50, 201.6 * 60],
    ['lets-encrypt', 'certificates-per-exact-set', 5, 33.6 * 3600],
    ['lets-encrypt-staging', 'orders-per-account', 1_500, 7.2],
    ['lets-encrypt-staging', 'certificates-per-domain', 30_000, 20.16],
  ] as const)('of %s: %s is %d, one every %d s', (name, id, capacity, refillSeconds) => {
    const limit = authorityLimits[name].find((one) => one.id === id);
    expect(limit).toMatchObject({ capacity, freeForReplacements: true });
    expect((limit?.refillMs ?? 0) / 1000).toBeCloseTo(refillSeconds, 9);
  });

  it.each([
    ['too many new orders (300) from this account in the last 3h0m0s, retry after', 'orders-per-account'],
    [
      'too many certificates (50) already issued for "wac.example" in the last 168h0m0s, retry after',
      'certificates-per-domain',
    ],
    [
      'too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s',
      'certificates-per-exact-set',
    ],
    ['too many failed authorizations (5) for "x.wac.example" in the last 1h0m0s', undefined],
    ['Service busy; retry later.', undefined],
  ])('of Let’s Encrypt are known by its words: %s', (detail, id) => {
    expect(limitRefused(authorityLimits['lets-encrypt'], detail)?.id).toBe(id);
  });

  it('stay within a count that slides: Google’s 30 challenges a minute are 15 orders', () => {
    const [limit] = authorityLimits['google-trust-services'];
    expect(limit && mostIn(60_000, limit)).toBeLessThanOrEqual(15);
  });

  it('have ids of their own in each list, and hold at least one token', () => {
    for (const limits of Object.values(authorityLimits)) {
      expect(new Set(limits.map(({ id }) => id)).size).toBe(limits.length);
      for (const { capacity, refillMs } of limits)
        expect(Math.min(capacity, refillMs)).toBeGreaterThanOrEqual(1);
    }
  });
});
