/** Time as the long-running programs take it, so that a test can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, never early, when `now()` reaches `atMs`; the answer cancels it. */
  at(atMs: number, callback: () => void): () => void;
}

/** Node's timers fire at once beyond 2^31-1 ms (24.8 days), so longer waits are cut in pieces. */
const longestTimeoutMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  at(atMs, callback) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const waitMs = Math.max(atMs - Date.now(), 0);
      timer = waitMs > longestTimeoutMs ? setTimeout(arm, longestTimeoutMs) : setTimeout(fire, waitMs);
    };
    // A timer may come a millisecond early.
    const fire = () => (Date.now() < atMs ? arm() : callback());
    arm();
    return () => clearTimeout(timer);
  },
};

/** Resolves when `ms` have passed or the signal is aborted, whichever is first; never rejects. */
export function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.at(clock.now() + ms, done);
    signal.addEventListener('abort', done);
  });
}
