import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bucket } from '#shared/domain/budget.ts';
import {
  emptyUntil,
  giveTokenBack,
  isFull,
  newBucket,
  nthTokenAt,
  settleForgotten,
  spendToken,
  takeToken,
  tokensFree,
} from '#shared/domain/token-bucket.ts';

const rate = { capacity: 3, refillMs: 10 };
const hour = 60 * 60_000;
const now = 1_000;
const spendNow = (bucket: Bucket, at: number) => spendToken(rate, takeToken(bucket, at), at, at);
const after = (...times: number[]): Bucket => times.reduce(spendNow, newBucket('b'));

describe('a token bucket', () => {
  it.each([
    ['nothing', newBucket('b'), 3, [now, now, now, now + 10, now + 20]],
    ['one token', after(now), 2, [now, now, now + 10, now + 20]],
    ['all its tokens', after(now, now, now), 0, [now + 10, now + 20, now + 30, now + 40]],
    ['all its tokens 15 ms ago', after(now - 15, now - 15, now - 15), 1, [now, now + 5, now + 15, now + 25]],
    ['two tokens, one of them only reserved', takeToken(after(now), now), 1, [now, now + 10, now + 20]],
  ])('that gave %s has a date for each token', (_, bucket, free, dates) => {
    expect(tokensFree(rate, bucket, now)).toBe(free);
    expect(dates.map((_date, index) => nthTokenAt(rate, bucket, now, index + 1))).toEqual(dates);
  });

  it('gives no token before the moment from which it is asked', () => {
    expect(nthTokenAt(rate, after(now, now, now), now + 500, 3)).toBe(now + 500);
    expect(nthTokenAt(rate, after(now, now, now), now + 500, 4)).toBe(now + 510);
  });

  it('refills a token from when it was spent, not from when it was reserved', () => {
    const spent = spendToken(rate, takeToken(newBucket('b'), now), now, now + 100);
    expect(nthTokenAt(rate, spent, now + 100, 3)).toBe(now + 110);
  });

  it('is as it was after a token came back', () => {
    const before = after(now);
    expect(giveTokenBack(takeToken(before, now + 1), now + 1)).toEqual(before);
  });

  it('takes nothing back twice, and spends nothing twice', () => {
    const spent = after(now);
    expect(giveTokenBack(spent, now)).toBe(spent);
    expect(spendToken(rate, spent, now, now + 5)).toBe(spent);
  });

  it('counts a reservation that nobody settles for a day as spent at the end of it', () => {
    const forgotten = takeToken(takeToken(newBucket('b'), now), now + 23 * hour);
    const later = now + 25 * hour;
    expect(settleForgotten(rate, forgotten, now)).toEqual(forgotten);
    expect(settleForgotten(rate, forgotten, later)).toEqual({
      id: 'b',
      fullAt: now + 24 * hour + 10,
      held: [now + 23 * hour],
    });
  });

  it('that was emptied has its next token at that moment, and is not filled by it', () => {
    const until = now + 500;
    expect(nthTokenAt(rate, emptyUntil(rate, newBucket('b'), until), now, 1)).toBe(until);
    expect(nthTokenAt(rate, emptyUntil(rate, newBucket('b'), until), now, 2)).toBe(until + 10);
    expect(emptyUntil(rate, { id: 'b', fullAt: until + hour }, until).fullAt).toBe(until + hour);
  });

  it('is full when nothing is missing and nothing reserved', () => {
    expect(isFull(newBucket('b'), now)).toBe(true);
    expect(isFull(after(now), now)).toBe(false);
    expect(isFull(after(now), now + 10)).toBe(true);
    expect(isFull(takeToken(newBucket('b'), now), now + 10)).toBe(false);
  });

  it('has as many free tokens as have their date now', () => {
    const bucket = fc.record({
      id: fc.constant('b'),
      fullAt: fc.integer({ min: now - 50, max: now + 50 }),
      held: fc.array(fc.constant(now), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(bucket, (one) => {
        const dated = [1, 2, 3].filter((n) => nthTokenAt(rate, one, now, n) <= now).length;
        expect(tokensFree(rate, one, now)).toBe(dated);
      }),
    );
  });
});
