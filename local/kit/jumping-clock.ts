import type { Clock } from './clock.ts';

/** Runs with real time and jumps forward on command. */
export interface JumpingClock extends Clock {
  /** Milliseconds that this clock is ahead of real time. */
  offsetMs(): number;
  /**
   * Jumps forward. What fell due on the way is called in the order of its time, and each callback sees its own time
   * or a later one; a callback may add more. Throws on a jump backwards.
   */
  advance(ms: number): void;
}

interface Waiting {
  atMs: number;
  callback: () => void;
}

/** Node's timers fire at once beyond 2^31-1 ms (24.8 days), so longer waits are cut in pieces. */
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * A clock for the time machine: nothing polls, one timer waits for the earliest callback. `offsetMs` is where an
 * earlier run stopped; `real` is the time that goes on by itself.
 */
export function createJumpingClock(offsetMs = 0, real: () => number = Date.now): JumpingClock {
  let offset = offsetMs;
  let timer: NodeJS.Timeout | undefined;
  // Sorted by time; of one time, the first that was asked for comes first.
  const waiting: Waiting[] = [];
  const now = () => real() + offset;

  const placeOf = (atMs: number) => {
    let [low, high] = [0, waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((waiting[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const arm = () => {
    clearTimeout(timer);
    const [next] = waiting;
    if (next) timer = setTimeout(fireDue, Math.min(Math.max(0, next.atMs - now()), longestTimeoutMs));
  };

  const fireDue = () => {
    // Fixed before the first: what a callback adds for later has its turn later.
    const until = now();
    try {
      for (let next = waiting[0]; next && next.atMs <= until; next = waiting[0]) {
        waiting.shift();
        next.callback();
      }
    } finally {
      arm();
    }
  };

  return {
    now,
    offsetMs: () => offset,
    at(atMs, callback) {
      const entry = { atMs, callback };
      const place = placeOf(atMs);
      waiting.splice(place, 0, entry);
      if (place === 0) arm();
      return () => {
        const index = waiting.indexOf(entry);
        if (index < 0) return;
        waiting.splice(index, 1);
        if (index === 0) arm();
      };
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError('the clock only goes forward');
      const target = offset + ms;
      try {
        for (let next = waiting[0]; next && next.atMs <= real() + target; next = waiting[0]) {
          waiting.shift();
          offset = Math.min(target, Math.max(offset, next.atMs - real()));
          next.callback();
        }
      } finally {
        offset = target;
        arm();
      }
    },
  };
}
