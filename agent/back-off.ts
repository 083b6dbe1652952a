import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '#shared/domain/error.ts';

/** First wait, doubled each time up to the longest: 0.5, 1, 2 ... 32, 60, 60 s. */
const firstMs = 500;
const longestMs = 60_000;

export interface BackOff {
  /** The next wait. Half of it is random, so that agents which lost the same thing do not return together. */
  nextMs(): number;
  /** After a success. */
  reset(): void;
}

export function createBackOff(random: () => number = Math.random): BackOff {
  let attempt = 0;
  return {
    nextMs() {
      const full = Math.min(longestMs, firstMs * 2 ** attempt);
      attempt = Math.min(attempt + 1, 20);
      return full / 2 + random() * (full / 2);
    },
    reset() {
      attempt = 0;
    },
  };
}

/** Waits; resolves early, without an error, when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

/** Does `work` again and again with a wait before each, until the signal; resolves after it. */
export async function every(ms: number, signal: AbortSignal, work: () => void): Promise<void> {
  for (;;) {
    await pause(ms, signal);
    if (signal.aborted) return;
    work();
  }
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/**
 * Does `work` until it succeeds. A failure that the error table calls final is thrown at once, and so is the last
 * one after the abort. A wait that the other side asked for is honoured when it is longer than ours.
 */
export async function retry<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: unknown, waitMs: number) => void = () => undefined,
): Promise<T> {
  const backOff = createBackOff();
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (signal.aborted || !error.isRetryable) throw thrown;
      const waitMs = Math.max(backOff.nextMs(), error.retryAfterMs ?? 0);
      onFailure(thrown, waitMs);
      await pause(waitMs, signal);
    }
  }
}
