import type { Clock } from '../../kit/clock.ts';
import { activityFailure } from './failures.ts';
import { createEvent, eventType, type HistoryEvent } from './history.ts';
import type { ScheduledActivity } from './instance.ts';
import { createGate } from './limits.ts';

export interface ActivityRunnerOptions {
  clock: Clock;
  maxConcurrent: number;
  /** Resolves with the activity's result; rejects with the error of the activity. */
  invoke(name: string, input: string | null, instanceId: string): Promise<unknown>;
  /** Asked when an activity's turn comes. */
  mayRun(): boolean;
}

/**
 * Runs one activity and answers with the message that its orchestration waits for; with undefined when it may
 * not run any more. Never rejects.
 */
export function createActivityRunner({ clock, maxConcurrent, invoke, mayRun }: ActivityRunnerOptions) {
  const gate = createGate(maxConcurrent);
  return ({ taskId, name, input, instanceId }: ScheduledActivity): Promise<HistoryEvent | undefined> =>
    gate(async () => {
      if (!mayRun()) return undefined;
      try {
        const result = await invoke(name, input, instanceId);
        const Result = result === undefined || result === null ? null : JSON.stringify(result);
        return createEvent(
          { EventType: eventType.taskCompleted, TaskScheduledId: taskId, Result },
          clock.now(),
        );
      } catch (error) {
        const failure =
          error instanceof Error
            ? { message: error.message, stack: error.stack ?? '' }
            : { message: String(error), stack: '' };
        return createEvent(
          { EventType: eventType.taskFailed, TaskScheduledId: taskId, ...activityFailure(name, failure) },
          clock.now(),
        );
      }
    });
}
