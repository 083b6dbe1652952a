/** Counts what is under way, so that a caller can wait until nothing is. */
export interface WorkList {
  track<T>(work: Promise<T>): Promise<T>;
  isIdle(): boolean;
  idle(): Promise<void>;
}

export function createWorkList(): WorkList {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async track(work) {
      running += 1;
      try {
        return await work;
      } finally {
        running -= 1;
        if (running === 0) for (const resolve of waiting.splice(0)) resolve();
      }
    },
    isIdle: () => running === 0,
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
