import { randomUUID } from 'node:crypto';
import type { Decision } from './decisions.ts';
import type { Ending, Verdict } from './episode.ts';
import { createEvent, eventType, type HistoryEvent } from './history.ts';
import {
  type InstanceRecord,
  isFinished,
  type LiveInstance,
  type ScheduledActivity,
  type ScheduledTimer,
  type StoredMessage,
} from './instance.ts';
import type { InstanceStore } from './instance-store.ts';
import { storedJson } from './trigger-payload.ts';

/** What may be dispatched once the transaction that wrote it is committed. */
export interface Effects {
  /** The instance after the episode. */
  record: InstanceRecord;
  historyAdded: HistoryEvent[];
  /** The same events as they were stored. */
  historyAddedJson: string[];
  /** The instance began a new generation: its history is empty. */
  historyCleared: boolean;
  activities: ScheduledActivity[];
  timers: ScheduledTimer[];
  cancelledTimers: ReadonlySet<number>;
  startedInstances: InstanceRecord[];
  messages: StoredMessage[];
}

export const newExecutionId = (): string => randomUUID().replaceAll('-', '');

/** How an input reaches the activity: JSON text as it is, booleans as .NET writes them. */
function activityInput(input: unknown): string | null {
  if (input === undefined || input === null) return null;
  if (typeof input === 'string') return input;
  if (typeof input === 'boolean') return input ? 'True' : 'False';
  return JSON.stringify(input);
}

export function executionStarted(record: InstanceRecord, atMs: number) {
  return createEvent(
    {
      EventType: eventType.executionStarted,
      Name: record.name,
      Version: record.version,
      Input: record.input,
      OrchestrationInstance: { InstanceId: record.id, ExecutionId: record.executionId },
      ParentInstance: record.parent,
      Tags: null,
      ScheduledStartTime: null,
      Correlation: null,
      ParentTraceContext: null,
      Generation: null,
    },
    atMs,
  );
}

const completionStatus = { Completed: 1, Failed: 3, Terminated: 5 } as const;

/**
 * Writes one episode: its events, what it scheduled, its messages and its status. Runs inside the caller's
 * transaction and changes nothing in memory.
 */
export function commitEpisode(
  store: InstanceStore,
  live: LiveInstance,
  taken: readonly StoredMessage[],
  newEvents: readonly HistoryEvent[],
  verdict: Verdict,
  nowMs: number,
): Effects {
  const { record } = live;
  const { ending } = verdict;
  const effects: Effects = {
    record: {
      ...record,
      status:
        ending.kind === 'finished' ? ending.status : ending.kind === 'suspended' ? 'Suspended' : 'Running',
      output: ending.kind === 'finished' ? ending.output : null,
      customStatus: verdict.customStatus ?? record.customStatus,
      updatedMs: nowMs,
    },
    historyAdded: [...newEvents],
    historyAddedJson: [],
    historyCleared: false,
    activities: [],
    timers: [],
    cancelledTimers: verdict.cancelledTimers,
    startedInstances: [],
    messages: [],
  };
  for (const { messageId } of taken) store.removeMessage(messageId);
  for (const decision of verdict.decisions)
    effects.historyAdded.push(schedule(store, record, decision, effects, nowMs));
  for (const timerId of verdict.cancelledTimers) store.removeTimer(record.id, record.executionId, timerId);

  if (ending.kind === 'continued') {
    const waiting = live.inbox.filter((message) => !taken.includes(message));
    continueAsNew(store, ending, waiting, effects, nowMs);
  } else {
    if (ending.kind === 'finished') finish(store, ending, effects, nowMs);
    effects.historyAdded.push(createEvent({ EventType: eventType.orchestratorCompleted }, nowMs));
    effects.historyAddedJson = effects.historyAdded.map(storedJson);
    effects.historyAddedJson.forEach((json, index) =>
      store.addHistory(record.id, live.history.length + index, json),
    );
  }
  store.putInstance(effects.record);
  return effects;
}

function schedule(
  store: InstanceStore,
  { id: instanceId, executionId, name }: InstanceRecord,
  decision: Decision,
  effects: Effects,
  nowMs: number,
): HistoryEvent {
  switch (decision.kind) {
    case 'activity': {
      const activity: ScheduledActivity = {
        instanceId,
        executionId,
        taskId: decision.id,
        name: decision.name,
        input: activityInput(decision.input),
      };
      store.addActivity(activity);
      effects.activities.push(activity);
      return createEvent(
        { EventType: eventType.taskScheduled, Name: decision.name, Version: '' },
        nowMs,
        decision.id,
      );
    }
    case 'timer': {
      const { id: timerId, fireAtMs } = decision;
      if (!effects.cancelledTimers.has(timerId)) {
        const timer = { instanceId, executionId, timerId, fireAtMs, createdMs: nowMs };
        store.addTimer(timer);
        effects.timers.push(timer);
      }
      return createEvent(
        { EventType: eventType.timerCreated, FireAt: new Date(fireAtMs).toISOString() },
        nowMs,
        timerId,
      );
    }
    case 'sub-orchestration': {
      const child: InstanceRecord = {
        id: decision.instanceId || `${executionId}:${decision.id}`,
        executionId: newExecutionId(),
        name: decision.name,
        version: decision.version,
        status: 'Pending',
        input: JSON.stringify(decision.input ?? null),
        output: null,
        customStatus: null,
        createdMs: nowMs,
        updatedMs: nowMs,
        parent: {
          Name: name,
          OrchestrationInstance: { InstanceId: instanceId, ExecutionId: executionId },
          TaskScheduleId: decision.id,
          Version: '',
        },
      };
      const existing = store.getInstance(child.id);
      if (existing && !isFinished(existing.status)) {
        const failure = createEvent(
          {
            EventType: eventType.subOrchestrationFailed,
            TaskScheduledId: decision.id,
            Reason: `An Orchestration instance with the status ${existing.status} already exists.`,
            Details: '',
            FailureDetails: null,
          },
          nowMs,
        );
        effects.messages.push(store.addMessage(instanceId, executionId, failure));
      } else {
        if (existing) store.removeInstance(child.id);
        store.putInstance(child);
        effects.startedInstances.push(child);
        effects.messages.push(store.addMessage(child.id, child.executionId, executionStarted(child, nowMs)));
      }
      const { id: InstanceId, name: Name, version: Version, input: Input } = child;
      return createEvent(
        { EventType: eventType.subOrchestrationCreated, InstanceId, Name, Version, Input },
        nowMs,
        decision.id,
      );
    }
  }
}

/**
 * Replaces the history by a fresh start. Events that came after the call go along, and behind them those that
 * wait for the next episode; other unread events are lost, as on Azure.
 */
function continueAsNew(
  store: InstanceStore,
  { input, carriedEvents }: Extract<Ending, { kind: 'continued' }>,
  waiting: readonly StoredMessage[],
  effects: Effects,
  nowMs: number,
): void {
  const { record } = effects;
  store.clearWork(record.id);
  store.clearHistory(record.id);
  store.clearMessages(record.id);
  effects.historyCleared = true;
  effects.historyAdded = [];
  effects.record = { ...record, input, executionId: newExecutionId() };
  const { executionId } = effects.record;
  effects.messages.push(
    store.addMessage(record.id, executionId, executionStarted(effects.record, nowMs)),
    ...carriedEvents.map((event) => store.addMessage(record.id, null, { ...event, IsPlayed: false })),
    ...waiting.map((message) => store.addMessage(record.id, message.executionId, message.event)),
  );
}

function finish(
  store: InstanceStore,
  ending: Extract<Ending, { kind: 'finished' }>,
  effects: Effects,
  nowMs: number,
): void {
  const { id, parent } = effects.record;
  store.clearWork(id);
  store.clearMessages(id);
  effects.activities = [];
  effects.timers = [];
  effects.historyAdded.push(
    createEvent(
      {
        EventType: eventType.executionCompleted,
        OrchestrationStatus: completionStatus[ending.status],
        Result: ending.output,
      },
      nowMs,
    ),
  );
  if (!parent) return;
  const waitingParent = store.getInstance(parent.OrchestrationInstance.InstanceId);
  if (!waitingParent || isFinished(waitingParent.status)) return;
  const TaskScheduledId = parent.TaskScheduleId;
  const event =
    ending.status === 'Completed'
      ? createEvent(
          { EventType: eventType.subOrchestrationCompleted, TaskScheduledId, Result: ending.output },
          nowMs,
        )
      : createEvent(
          {
            EventType: eventType.subOrchestrationFailed,
            TaskScheduledId,
            Reason: ending.output ?? '',
            Details: '',
            FailureDetails: ending.status === 'Failed' ? ending.failureDetails : null,
          },
          nowMs,
        );
  const { InstanceId, ExecutionId } = parent.OrchestrationInstance;
  effects.messages.push(store.addMessage(InstanceId, ExecutionId, event));
}
