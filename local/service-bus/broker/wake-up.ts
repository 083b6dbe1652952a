import type { Clock } from '#local/kit/clock.ts';

/** One timer for everything that falls due by itself: an idle broker has at most this one waiting. */
export interface WakeUp {
  /** Work exists that must be done by then. */
  noLaterThan(atMs: number): void;
  stop(): void;
}

/** `work` does what is due now and answers when it wants to be called next. */
export function createWakeUp(clock: Clock, work: (now: number) => number | undefined): WakeUp {
  let armedFor = Number.POSITIVE_INFINITY;
  let cancel = () => {};
  const noLaterThan = (atMs: number) => {
    if (atMs >= armedFor) return;
    cancel();
    armedFor = atMs;
    cancel = clock.at(atMs, () => {
      armedFor = Number.POSITIVE_INFINITY;
      const next = work(clock.now());
      if (next !== undefined) noLaterThan(next);
    });
  };
  return {
    noLaterThan,
    stop: () => {
      cancel();
      armedFor = Number.NEGATIVE_INFINITY;
    },
  };
}
