import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJumpingClock } from '#local/kit/jumping-clock.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('the clock of the time machine', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('runs with real time, ahead of it by its offset', () => {
    const clock = createJumpingClock(dayMs);
    vi.advanceTimersByTime(1_500);
    expect([clock.now(), clock.offsetMs()]).toEqual([1_001_500 + dayMs, dayMs]);
  });

  it('fires what falls due on the way in the order of its time, each at its own time', () => {
    const clock = createJumpingClock();
    const fired: [string, number][] = [];
    const note = (name: string) => () => void fired.push([name, clock.now()]);
    clock.at(1_000_000 + 3_000, note('third'));
    clock.at(1_000_000 + 1_000, note('first'));
    clock.at(1_000_000 + 1_000, note('second'));
    clock.at(1_000_000 + dayMs + 1, note('later'));
    clock.advance(dayMs);
    expect(fired).toEqual([
      ['first', 1_001_000],
      ['second', 1_001_000],
      ['third', 1_003_000],
    ]);
    vi.advanceTimersByTime(1);
    expect(fired.at(-1)).toEqual(['later', 1_000_001 + dayMs]);
  });

  it('lets a callback ask for its next time within the same jump', () => {
    const clock = createJumpingClock();
    const seen: number[] = [];
    const hourly = () => {
      seen.push(clock.now());
      clock.at(clock.now() + 3_600_000, hourly);
    };
    clock.at(clock.now() + 3_600_000, hourly);
    clock.advance(dayMs);
    expect(seen).toHaveLength(24);
    expect(clock.now()).toBe(1_000_000 + dayMs);
  });

  it('fires without a jump when real time gets there, and never early', () => {
    const clock = createJumpingClock();
    const callback = vi.fn<() => void>();
    clock.at(clock.now() + 60 * dayMs, callback);
    vi.advanceTimersByTime(60 * dayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('forgets what was cancelled, also by another that is due at the same time', () => {
    const clock = createJumpingClock();
    const callback = vi.fn<() => void>();
    clock.at(clock.now() + 10, () => cancel());
    const cancel = clock.at(clock.now() + 10, callback);
    vi.advanceTimersByTime(10);
    clock.at(clock.now() + 5, callback)();
    clock.advance(dayMs);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses to go back', () => {
    expect(() => createJumpingClock().advance(-1)).toThrow('only goes forward');
  });
});
