import { setTimeout as sleep } from 'node:timers/promises';
import { type ArmFailure, isPassing } from './arm-error.ts';

/** Waits before the second and third try; elapsed 0.1 s and 0.5 s. What takes longer is the orchestration's to repeat. */
const waitsMs = [100, 400];
/** A longer `Retry-After` is not waited for here: it travels in the error. */
const longestWaitMs = 2000;

/**
 * Repeats a call that failed in passing. `failureOf` tells a failure from a result or a throw; the last one is
 * given back as it is.
 */
export async function retrying<T>(
  work: () => Promise<T>,
  failureOf: (outcome: PromiseSettledResult<T>) => ArmFailure | undefined,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const [outcome] = await Promise.allSettled([work()]);
    const failure = failureOf(outcome);
    const waitMs = waitsMs[attempt];
    const wantedMs = failure?.retryAfterMs ?? waitMs ?? 0;
    if (failure && isPassing(failure) && waitMs !== undefined && wantedMs <= longestWaitMs) {
      await sleep(wantedMs);
      continue;
    }
    if (outcome.status === 'fulfilled') return outcome.value;
    throw outcome.reason;
  }
}
