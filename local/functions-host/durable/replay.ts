import { type Action, actionType, type RetryOptions } from './actions.ts';
import { checkAgainstHistory, type Decision } from './decisions.ts';
import { type EventOf, eventType, type HistoryEvent } from './history.ts';
import { ReplayTask, settledTask, whenAll, whenAny } from './replay-task.ts';

/** The orchestrator asks for something that this host refuses to half-do. */
export class UnsupportedStep extends Error {}

export interface Replayed {
  /** Steps that history does not hold yet, in order of their sequence id. */
  decisions: Decision[];
  /** Timers that the orchestrator cancelled: they hold nothing up any more. */
  cancelledTimers: ReadonlySet<number>;
  /** Every listed action was reached and awaited. */
  finished: boolean;
  openTasks: number;
  /** Set when the orchestrator continues as new; the events are those that came after that call. */
  continueAsNew: { input: unknown; carriedEvents: EventOf<'eventRaised'>[] } | undefined;
}

/** The last instant that a Date holds (ECMA-262, 21.4.1.1). */
const latestMs = 8.64e15;

const unsupported = new Map<number, string>([
  [actionType.callEntity, 'callEntity'],
  [actionType.callHttp, 'callHttp'],
  [actionType.signalEntity, 'signalEntity'],
  [actionType.lockEntities, 'lock'],
  [actionType.releaseEntities, 'lock'],
]);

/**
 * Runs the returned action list against the history as the extension does: each action is awaited in turn
 * and takes its sequence ids on the way. What has an id and no history event is a new decision.
 * Throws NonDeterminism when history and actions differ, UnsupportedStep for an action that is not served.
 */
export function replay(history: readonly HistoryEvent[], actions: readonly Action[]): Replayed {
  let nextId = 0;
  let now = 0;
  let finished = false;
  let continueAsNew: Replayed['continueAsNew'];
  const decided = new Map<number, Decision>();
  const open = new Map<number, ReplayTask>();
  const cancelledTimers = new Set<number>();
  /** Waiters of one event name are served last in, first out; unread events first in, first out. */
  const waiters = new Map<string, ReplayTask[]>();
  const unread = new Map<string, number>();

  const schedule = (decision: (id: number) => Decision): ReplayTask => {
    const id = nextId++;
    const task = new ReplayTask();
    decided.set(id, decision(id));
    open.set(id, task);
    return task;
  };
  const timer = (fireAtMs: number, isCanceled = false): ReplayTask => {
    const id = nextId;
    const task = schedule(() => ({ kind: 'timer', id, fireAtMs }));
    if (isCanceled) {
      open.delete(id);
      cancelledTimers.add(id);
      task.settle(false);
    }
    return task;
  };
  const activity = (functionName: string, input: unknown) => () =>
    schedule((id) => ({ kind: 'activity', id, name: functionName, input }));

  /** n attempts take 2n ids: each failure is followed by a timer, the last one by a timer that is due at once. */
  const withRetry = (options: RetryOptions, attempt: () => ReplayTask): ReplayTask => {
    if (options.retryTimeoutInMilliseconds !== undefined && options.retryTimeoutInMilliseconds !== null)
      throw new UnsupportedStep(
        'retryTimeoutInMilliseconds is set: on Azure the instance hangs for ever when it is reached',
      );
    const outcome = new ReplayTask();
    let failures = 0;
    const run = () => {
      const task = attempt();
      task.whenSettled(() => {
        if (task.succeeded) return outcome.settle(true);
        failures += 1;
        if (failures >= options.maxNumberOfAttempts)
          return timer(now).whenSettled(() => outcome.settle(false));
        const wantedMs = Math.min(
          options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (failures - 1),
          options.maxRetryIntervalInMilliseconds ?? Number.POSITIVE_INFINITY,
        );
        // A timer has whole milliseconds and is never early.
        const delayMs = Math.ceil(wantedMs);
        if (!(now + delayMs <= latestMs))
          throw new UnsupportedStep('the delay of its retry policy is longer than a date can say');
        timer(now + delayMs).whenSettled(run);
      });
    };
    run();
    return outcome;
  };

  const waitForEvent = (name: string): ReplayTask => {
    const key = name.toLowerCase();
    const waitingEvents = unread.get(key) ?? 0;
    if (waitingEvents > 0) {
      unread.set(key, waitingEvents - 1);
      return settledTask();
    }
    const task = new ReplayTask();
    waiters.set(key, [...(waiters.get(key) ?? []), task]);
    return task;
  };

  const perform = (action: Action): ReplayTask => {
    switch (action.actionType) {
      case actionType.callActivity:
        return activity(action.functionName, action.input)();
      case actionType.callActivityWithRetry:
        return withRetry(action.retryOptions, activity(action.functionName, action.input));
      case actionType.callSubOrchestrator:
      case actionType.callSubOrchestratorWithRetry: {
        const { functionName: name, instanceId, input, version = '' } = action;
        const call = () =>
          schedule((id) => ({ kind: 'sub-orchestration', id, name, instanceId, input, version }));
        return action.actionType === actionType.callSubOrchestrator
          ? call()
          : withRetry(action.retryOptions, call);
      }
      case actionType.createTimer:
        return timer(Date.parse(action.fireAt), action.isCanceled);
      case actionType.waitForExternalEvent:
        return waitForEvent(action.externalEventName);
      case actionType.continueAsNew:
        continueAsNew = { input: action.input, carriedEvents: [] };
        return settledTask();
      case actionType.whenAll:
        return whenAll(action.compoundActions.map(perform));
      case actionType.whenAny:
        return whenAny(action.compoundActions.map(perform));
      default:
        throw new UnsupportedStep(
          `the orchestrator uses ${unsupported.get(action.actionType) ?? `action type ${String(action.actionType)}`}, which the embedded host does not implement`,
        );
    }
  };

  let position = 0;
  const advance = (): void => {
    while (position < actions.length) {
      const action = actions[position++];
      if (!action) break;
      const task = perform(action);
      if (!task.settled) return task.whenSettled(advance);
    }
    finished = true;
  };
  const complete = (id: number, succeeded: boolean): void => {
    const task = open.get(id);
    open.delete(id);
    task?.settle(succeeded);
  };

  for (const event of history) {
    switch (event.EventType) {
      case eventType.orchestratorStarted:
        now = Math.max(now, Date.parse(event.Timestamp));
        break;
      case eventType.executionStarted:
        advance();
        break;
      case eventType.taskScheduled:
      case eventType.subOrchestrationCreated:
      case eventType.timerCreated:
        checkAgainstHistory(event, decided.get(event.EventId));
        decided.delete(event.EventId);
        break;
      case eventType.taskCompleted:
      case eventType.subOrchestrationCompleted:
        complete(event.TaskScheduledId, true);
        break;
      case eventType.taskFailed:
      case eventType.subOrchestrationFailed:
        complete(event.TaskScheduledId, false);
        break;
      case eventType.timerFired:
        complete(event.TimerId, true);
        break;
      case eventType.eventRaised: {
        // Once the orchestrator has continued as new, events belong to the next generation: with a cancelled
        // timer that call comes before its own event in the replay, which is how one event is seen again.
        if (continueAsNew) {
          continueAsNew.carriedEvents.push(event);
          break;
        }
        const key = event.Name.toLowerCase();
        const waiter = waiters.get(key)?.pop();
        if (waiter) waiter.settle(true);
        else unread.set(key, (unread.get(key) ?? 0) + 1);
        break;
      }
      default:
        break;
    }
  }
  return {
    decisions: [...decided.values()].toSorted((a, b) => a.id - b.id),
    cancelledTimers,
    finished,
    openTasks: open.size,
    continueAsNew,
  };
}
