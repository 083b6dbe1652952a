import { describe, expect, it } from 'vitest';
import type { Closure } from '#shared/domain/budget.ts';
import { closeAgain, closureAt } from '#shared/domain/closure.ts';

const start = Date.parse('2026-10-05T00:00:00.000Z');
const minute = 60_000;
const outage = { reason: 'outage', detail: 'no answer' } as const;
const minutesOf = (closure: Closure, now: number) => (Date.parse(closure.until) - now) / minute;

describe('the closure of an authority', () => {
  it('is longer after every failure, up to six hours', () => {
    let closure: Closure | undefined;
    let now = start;
    const pauses = Array.from({ length: 9 }, () => {
      const next = closeAgain(closure, outage, now);
      const pause = minutesOf(next, now);
      closure = next;
      now = Date.parse(next.until);
      return pause;
    });
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360]);
  });

  it('does not grow with failures while it lasts', () => {
    const first = closeAgain(undefined, outage, start);
    expect(closeAgain(first, outage, start + minute)).toBe(first);
  });

  it('is never shorter than what the authority asks for', () => {
    const trouble = { reason: 'rate-limited', detail: 'too many orders', retryAfterMs: 90 * minute } as const;
    const first = closeAgain(undefined, trouble, start);
    expect(minutesOf(first, start)).toBe(90);
    const short = closeAgain(undefined, outage, start);
    expect(closeAgain(short, trouble, start)).toEqual({ ...first, count: 1 });
    expect(closeAgain(first, { ...trouble, retryAfterMs: minute }, start)).toBe(first);
  });

  it('is a short one again when the last one ended a day ago', () => {
    const first = closeAgain(undefined, outage, start);
    const ended = Date.parse(first.until);
    const day = 24 * 60 * minute;
    expect(closeAgain(first, outage, ended + day - 1).count).toBe(2);
    expect(closeAgain(first, outage, ended + day).count).toBe(1);
  });

  it('ends by itself', () => {
    const closure = closeAgain(undefined, outage, start);
    expect(closureAt(closure, start + 5 * minute - 1)).toBe(closure);
    expect(closureAt(closure, start + 5 * minute)).toBeUndefined();
    expect(closureAt(undefined, start)).toBeUndefined();
  });
});
