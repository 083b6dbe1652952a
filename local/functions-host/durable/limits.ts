import { availableParallelism } from 'node:os';

export interface DurableLimits {
  /** Activities that run at once; the others wait in order. Default 10 per core. */
  maxConcurrentActivities: number;
  /** Orchestrators that run at once. Default 10 per core. */
  maxConcurrentOrchestrators: number;
  /** A larger custom status fails the instance. In bytes of UTF-16; the extension's limit. */
  maxCustomStatusBytes: number;
}

export function defaultLimits(): DurableLimits {
  const perCore = 10 * availableParallelism();
  return {
    maxConcurrentActivities: perCore,
    maxConcurrentOrchestrators: perCore,
    maxCustomStatusBytes: 16 * 1024,
  };
}

/** Runs at most `limit` pieces of work at once; the rest wait first in, first out. */
export function createGate(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
