/** Milliseconds since the epoch. Every stand-in takes its time from here and from nowhere else. */
export interface Clock {
  now(): number;
  /** Calls back once, never early, when `now()` reaches `atMs`; the answer cancels it. */
  at(atMs: number, callback: () => void): () => void;
}

/** Node's timers fire at once beyond 2^31-1 ms (24.8 days), so longer waits are cut in pieces. */
const longestTimeoutMs = 2 ** 31 - 1;

/** In a process that follows a time machine (`follow-clock.mjs`) waits of any length follow it; elsewhere it is Node's. */
function startTimer(callback: () => void, delayMs: number): NodeJS.Timeout {
  const followed: unknown = Reflect.get(globalThis, Symbol.for('local-run-clock.setTimeout'));
  return typeof followed === 'function'
    ? (followed as typeof startTimer)(callback, delayMs)
    : setTimeout(callback, delayMs);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  at(atMs, callback) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const waitMs = atMs - Date.now();
      if (waitMs <= 0) timer = startTimer(callback, 0);
      else timer = startTimer(arm, Math.min(waitMs, longestTimeoutMs));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

export interface ManualClock extends Clock {
  /** Moves time on and fires what fell due, in order of its time; a callback may add more. */
  advance(ms: number): void;
  /** The time of the next waiting callback, or undefined. */
  next(): number | undefined;
}

export function createManualClock(startMs: number): ManualClock {
  let current = startMs;
  let order = 0;
  const waiting = new Map<number, { atMs: number; callback: () => void }>();
  const earliest = () => {
    let found: { id: number; atMs: number; callback: () => void } | undefined;
    for (const [id, entry] of waiting) if (!found || entry.atMs < found.atMs) found = { id, ...entry };
    return found;
  };
  return {
    now: () => current,
    at(atMs, callback) {
      const id = order++;
      waiting.set(id, { atMs, callback });
      return () => waiting.delete(id);
    },
    next: () => earliest()?.atMs,
    advance(ms) {
      const until = current + ms;
      for (let due = earliest(); due && due.atMs <= until; due = earliest()) {
        waiting.delete(due.id);
        current = Math.max(current, due.atMs);
        due.callback();
      }
      current = until;
    },
  };
}
