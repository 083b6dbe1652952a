import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  letsEncryptRateLimits,
  type RateLimits,
  requireBudget,
  spendBudget,
} from '#local/certificate-authority/rate-limits.ts';
import { createTables } from '#local/certificate-authority/schema.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';

const minuteMs = 60_000;

function openBudgets(rateLimits: RateLimits) {
  const store = openStore(':memory:');
  createTables(store);
  const clock = createManualClock(Date.parse('2026-11-21T12:00:00Z'));
  const budgets = { store, clock, rateLimits };
  const take = (): boolean => {
    try {
      requireBudget(budgets, 'certificatesPerRegisteredDomain', 'wac.localhost');
    } catch {
      return false;
    }
    spendBudget(budgets, 'certificatesPerRegisteredDomain', 'wac.localhost');
    return true;
  };
  return { clock, budgets, take };
}

describe('rate limits as buckets that refill', () => {
  it("gives Let's Encrypt's 50 certificates of a domain at once, then one per 202 minutes", () => {
    const { clock, budgets, take } = openBudgets(letsEncryptRateLimits);
    expect(Array.from({ length: 50 }, take)).not.toContain(false);
    expect(take()).toBe(false);
    const ask = () => requireBudget(budgets, 'certificatesPerRegisteredDomain', 'wac.localhost');
    expect(ask).toThrow(expect.objectContaining({ retryAfterMs: (7 * 24 * 60 * minuteMs) / 50 }));
    clock.advance(202 * minuteMs);
    expect([take(), take()]).toEqual([true, false]);
  });

  it('never gives more than the bucket and what refilled meanwhile', () => {
    const waits = fc.array(fc.nat(5 * minuteMs), { maxLength: 60 });
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 5 }), (pauses, capacity) => {
        const { clock, take } = openBudgets({
          certificatesPerRegisteredDomain: { capacity, refillMs: minuteMs },
        });
        const start = clock.now();
        let taken = 0;
        for (const pause of pauses) {
          clock.advance(pause);
          if (take()) taken += 1;
          expect(taken).toBeLessThanOrEqual(capacity + Math.floor((clock.now() - start) / minuteMs));
        }
      }),
    );
  });
});
