import type { Clock } from '#local/kit/clock.ts';

/** Work that outlives its request: validations and issuances. What is unfinished is in the store, not here. */
export interface PendingWork {
  /** Runs the task at `atMs` or at once; the promise ends with it. A failure is printed, never thrown. */
  schedule(atMs: number, task: () => Promise<void>): Promise<void>;
  /** Forgets what waits and awaits what runs. */
  close(): Promise<void>;
}

export function createPendingWork(clock: Clock): PendingWork {
  const running = new Set<Promise<void>>();
  const cancellations = new Set<() => void>();
  let closed = false;

  const run = (task: () => Promise<void>): Promise<void> => {
    const job = task()
      .catch((error: unknown) => console.error(error))
      .finally(() => running.delete(job));
    running.add(job);
    return job;
  };

  return {
    schedule(atMs, task) {
      if (closed) return Promise.resolve();
      if (atMs <= clock.now()) return run(task);
      return new Promise((done) => {
        const cancel = clock.at(atMs, () => {
          cancellations.delete(cancel);
          done(run(task));
        });
        cancellations.add(cancel);
      });
    },
    async close() {
      closed = true;
      for (const cancel of cancellations) cancel();
      await Promise.all(running);
    },
  };
}
