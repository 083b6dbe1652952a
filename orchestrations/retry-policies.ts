import type { RetryPolicy } from './context.ts';

/** For services of the platform: rides out throttling and a short outage. */
export const platformRetries: RetryPolicy = [
  500, // elapsed: 0.5 s
  2_000, // 2.5 s
  10_000, // 12.5 s
  30_000, // 42.5 s
  60_000, // 1 min 42 s
];

/** Behind a person who waits for an answer in one request: a failure is said at once. */
export const interactiveRetries: RetryPolicy = [];

/** For what must be done whatever happens (clean-up, ends of operations): an hour of patience. */
export const persistentRetries: RetryPolicy = [
  500, // elapsed: 0.5 s
  2_000, // 2.5 s
  10_000, // 12.5 s
  60_000, // 1 min
  300_000, // 6 min
  600_000, // 16 min
  1_800_000, // 46 min
];
