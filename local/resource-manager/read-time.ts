import type { Clock } from '#local/kit/clock.ts';

/** The time that reads see: now, or earlier while the stand-in is told to lie about the state. */
export interface ReadTime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Undefined when reads see what is there. */
  past(): number | undefined;
  /** What `work` reads before it waits for anything is what was there `staleMs` ago. */
  ago<T>(staleMs: number, work: () => T): T;
}

export function createReadTime(clock: Clock): ReadTime {
  let past: number | undefined;
  return {
    now: () => past ?? clock.now(),
    past: () => past,
    ago(staleMs, work) {
      past = clock.now() - staleMs;
      try {
        return work();
      } finally {
        past = undefined;
      }
    },
  };
}
