import type { Clock } from '../../kit/clock.ts';
import type { ScheduledTimer } from './instance.ts';

/** The durable timers that wait, each with its wake-up on the clock. */
export interface TimerService {
  /** Calls `onDue` once, never early; an overdue timer at the next turn. */
  arm(timer: ScheduledTimer): void;
  cancel(instanceId: string, executionId: string, timerId: number): void;
  cancelAll(instanceId: string): void;
  /** When the next one is due, in milliseconds, or undefined. */
  next(): number | undefined;
  close(): void;
}

export function createTimerService(clock: Clock, onDue: (timer: ScheduledTimer) => void): TimerService {
  const armed = new Map<string, Map<string, { timer: ScheduledTimer; cancel: () => void }>>();
  const keyOf = (executionId: string, timerId: number) => `${executionId}:${timerId}`;

  const forget = (instanceId: string, key: string) => {
    const timers = armed.get(instanceId);
    timers?.get(key)?.cancel();
    timers?.delete(key);
    if (timers?.size === 0) armed.delete(instanceId);
  };
  return {
    arm(timer) {
      const key = keyOf(timer.executionId, timer.timerId);
      const fire = () => {
        forget(timer.instanceId, key);
        onDue(timer);
      };
      let cancel: () => void;
      if (timer.fireAtMs <= clock.now()) {
        const immediate = setImmediate(fire);
        cancel = () => clearImmediate(immediate);
      } else cancel = clock.at(timer.fireAtMs, fire);
      const timers =
        armed.get(timer.instanceId) ?? new Map<string, { timer: ScheduledTimer; cancel: () => void }>();
      timers.set(key, { timer, cancel });
      armed.set(timer.instanceId, timers);
    },
    cancel: (instanceId, executionId, timerId) => forget(instanceId, keyOf(executionId, timerId)),
    cancelAll(instanceId) {
      for (const { cancel } of armed.get(instanceId)?.values() ?? []) cancel();
      armed.delete(instanceId);
    },
    next() {
      let earliest: number | undefined;
      for (const timers of armed.values())
        for (const { timer } of timers.values())
          if (earliest === undefined || timer.fireAtMs < earliest) earliest = timer.fireAtMs;
      return earliest;
    },
    close() {
      for (const instanceId of armed.keys()) this.cancelAll(instanceId);
    },
  };
}
