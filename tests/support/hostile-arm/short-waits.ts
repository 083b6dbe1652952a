import type * as timers from 'node:timers/promises';

/** Adapters wait seconds of real time for what Azure does not show yet; here nothing comes of waiting. */
export const shortWaits = (real: typeof timers): typeof timers => ({
  ...real,
  setTimeout: (async (ms: number, value: unknown) =>
    real.setTimeout(Math.min(ms, 2), value)) as typeof timers.setTimeout,
});
