import { describe, expect, it } from 'vitest';
import { type Action, actionType } from '#local/functions-host/durable/actions.ts';
import { NonDeterminism } from '#local/functions-host/durable/decisions.ts';
import { createEvent, eventType, type HistoryEvent } from '#local/functions-host/durable/history.ts';
import { replay, UnsupportedStep } from '#local/functions-host/durable/replay.ts';

const startMs = Date.UTC(2026, 0, 1);
const instance = { InstanceId: 'i', ExecutionId: 'e' };
const started = createEvent({ EventType: eventType.orchestratorStarted }, startMs);
const begun: HistoryEvent[] = [
  started,
  createEvent(
    {
      EventType: eventType.executionStarted,
      Name: 'o',
      Version: '',
      Input: null,
      OrchestrationInstance: instance,
      ParentInstance: null,
      Tags: null,
      ScheduledStartTime: null,
      Correlation: null,
      ParentTraceContext: null,
      Generation: null,
    },
    startMs,
  ),
];
const scheduled = (id: number, Name: string) =>
  createEvent({ EventType: eventType.taskScheduled, Name, Version: '' }, startMs, id);
const completed = (TaskScheduledId: number) =>
  createEvent({ EventType: eventType.taskCompleted, TaskScheduledId, Result: null }, startMs);
const failed = (TaskScheduledId: number) =>
  createEvent(
    { EventType: eventType.taskFailed, TaskScheduledId, Reason: '', Details: '', FailureDetails: null },
    startMs,
  );
const timerCreated = (id: number, atMs: number) =>
  createEvent({ EventType: eventType.timerCreated, FireAt: new Date(atMs).toISOString() }, startMs, id);
const timerFired = (TimerId: number) =>
  createEvent({ EventType: eventType.timerFired, TimerId, FireAt: '' }, startMs);
const raised = (Name: string) =>
  createEvent({ EventType: eventType.eventRaised, Name, Input: null }, startMs);

const activity = (functionName: string): Action => ({ actionType: actionType.callActivity, functionName });
const event = (externalEventName: string): Action => ({
  actionType: actionType.waitForExternalEvent,
  externalEventName,
});
const timer = (atMs: number, isCanceled = false): Action => ({
  actionType: actionType.createTimer,
  fireAt: new Date(atMs).toISOString(),
  isCanceled,
});
const any = (...compoundActions: Action[]): Action => ({ actionType: actionType.whenAny, compoundActions });
const all = (...compoundActions: Action[]): Action => ({ actionType: actionType.whenAll, compoundActions });
const continueAsNew: Action = { actionType: actionType.continueAsNew, input: { n: 1 } };
const retried = (retryTimeoutInMilliseconds?: number): Action => ({
  actionType: actionType.callActivityWithRetry,
  functionName: 'a',
  retryOptions: {
    firstRetryIntervalInMilliseconds: 1_000,
    maxNumberOfAttempts: 3,
    backoffCoefficient: 2,
    ...(retryTimeoutInMilliseconds !== undefined && { retryTimeoutInMilliseconds }),
  },
});

const decided = (history: HistoryEvent[], actions: Action[]) =>
  replay(history, actions).decisions.map((decision) => ({
    id: decision.id,
    ...(decision.kind === 'timer' ? { afterMs: decision.fireAtMs - startMs } : { name: decision.name }),
  }));

describe('the replay of an action list', () => {
  it('takes one step at a time', () => {
    const actions = [activity('a'), activity('b')];
    expect(decided(begun, actions)).toEqual([{ id: 0, name: 'a' }]);
    const history = [...begun, scheduled(0, 'a')];
    expect(decided(history, actions)).toEqual([]);
    expect(decided([...history, completed(0)], actions)).toEqual([{ id: 1, name: 'b' }]);
  });

  it('numbers the parts of a compound from left to right; waits for events take no number', () => {
    expect(decided(begun, [all(activity('a'), any(event('x'), timer(startMs + 5)), activity('b'))])).toEqual([
      { id: 0, name: 'a' },
      { id: 1, afterMs: 5 },
      { id: 2, name: 'b' },
    ]);
  });

  it('puts a timer behind each failed attempt, and one that is due at once behind the last', () => {
    const actions = [retried()];
    const one = [...begun, scheduled(0, 'a'), failed(0)];
    expect(decided(one, actions)).toEqual([{ id: 1, afterMs: 1_000 }]);
    const two = [...one, timerCreated(1, startMs + 1_000), timerFired(1), scheduled(2, 'a'), failed(2)];
    expect(decided(two, actions)).toEqual([{ id: 3, afterMs: 2_000 }]);
    const three = [...two, timerCreated(3, startMs + 2_000), timerFired(3), scheduled(4, 'a'), failed(4)];
    expect(decided(three, actions)).toEqual([{ id: 5, afterMs: 0 }]);
    const over = replay([...three, timerCreated(5, startMs), timerFired(5)], actions);
    expect(over).toMatchObject({ finished: true, openTasks: 0, decisions: [] });
  });

  it('counts an uncancelled timer as open and a cancelled one not', () => {
    const history = [...begun, timerCreated(0, startMs + 9_000), raised('x')];
    const open = [any(timer(startMs + 9_000), event('x'))];
    expect(replay(history, open)).toMatchObject({ finished: true, openTasks: 1 });
    const cancelled = replay(history, [any(timer(startMs + 9_000, true), event('x'))]);
    expect(cancelled).toMatchObject({ finished: true, openTasks: 0 });
    expect([...cancelled.cancelledTimers]).toEqual([0]);
  });

  it('keeps an event for a later wait, whatever the case of its name', () => {
    const history = [...begun, raised('Go'), scheduled(0, 'a'), completed(0)];
    expect(decided(history, [activity('a'), event('go'), activity('b')])).toEqual([{ id: 1, name: 'b' }]);
  });

  it('schedules a task again that is yielded twice, as the extension does', () => {
    const history = [...begun, scheduled(0, 'slow'), scheduled(1, 'quick'), completed(1)];
    const actions = [any(activity('slow'), activity('quick')), any(activity('slow'), activity('other'))];
    expect(decided(history, actions)).toEqual([
      { id: 2, name: 'slow' },
      { id: 3, name: 'other' },
    ]);
  });

  it('carries events over that come after continue-as-new', () => {
    const actions = [any(event('x'), timer(startMs + 9_000, true)), continueAsNew];
    const history = [...begun, timerCreated(0, startMs + 9_000), raised('x')];
    expect(replay(history, actions).continueAsNew?.carriedEvents).toHaveLength(1);
    expect(replay([...begun, raised('x')], [event('x'), continueAsNew]).continueAsNew?.carriedEvents).toEqual(
      [],
    );
  });
});

describe('a history that the orchestrator no longer follows', () => {
  it.each([
    [
      'another name',
      [scheduled(0, 'a')],
      [activity('b')],
      /activity 'a' with sequence ID 0, .* activity 'b' there/,
    ],
    [
      'another kind',
      [timerCreated(0, startMs)],
      [activity('a')],
      /a timer with sequence ID 0, .* activity 'a' there/,
    ],
    [
      'a step less',
      [scheduled(0, 'a')],
      [],
      /activity 'a' with sequence ID 0, .* has not scheduled any step there/,
    ],
  ])('by %s is told with the step that differs', (_, history, actions, message) => {
    const run = () => replay([...begun, ...history], actions);
    expect(run).toThrow(NonDeterminism);
    expect(run).toThrow(message);
  });
});

describe('a step that is not served', () => {
  it.each<[string, Action]>([
    ['callEntity', { actionType: actionType.callEntity }],
    ['callHttp', { actionType: actionType.callHttp }],
    ['signalEntity', { actionType: actionType.signalEntity }],
    ['lock', { actionType: actionType.lockEntities }],
    ['retryTimeoutInMilliseconds', retried(60_000)],
  ])('%s is refused by name', (name, action) => {
    const run = () => replay(begun, [action]);
    expect(run).toThrow(UnsupportedStep);
    expect(run).toThrow(name);
  });

  it('gives a retry whole milliseconds, rounded up, whatever fraction its policy says', () => {
    const action = {
      ...retried(),
      retryOptions: { firstRetryIntervalInMilliseconds: 0.5, maxNumberOfAttempts: 2, backoffCoefficient: 1 },
    };
    expect(decided([...begun, scheduled(0, 'a'), failed(0)], [action])).toEqual([{ id: 1, afterMs: 1 }]);
  });
});
