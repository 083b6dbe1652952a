import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../kit/clock.ts';
import { inTransaction } from '../../kit/store.ts';
import { createActivityRunner } from './activity-runner.ts';
import { commitEpisode, type Effects } from './commit-episode.ts';
import { type Catalog, decide, plainVerdict, type Verdict } from './episode.ts';
import { createEvent, eventType, type HistoryEvent } from './history.ts';
import {
  type InstanceRecord,
  isFinished,
  type LiveInstance,
  type ScheduledActivity,
  type StoredMessage,
} from './instance.ts';
import type { InstanceStore } from './instance-store.ts';
import { createGate, type DurableLimits } from './limits.ts';
import { takeBatch } from './take-batch.ts';
import { createTimerService } from './timer-service.ts';
import type { DurableTrace } from './trace.ts';
import { storedJson } from './trigger-payload.ts';
import { createWorkList } from './work-list.ts';

export interface SchedulerOptions {
  database: DatabaseSync;
  store: InstanceStore;
  clock: Clock;
  catalog: Catalog;
  invokeOrchestrator(name: string, triggerPayload: string): Promise<unknown>;
  invokeActivity(name: string, input: string | null, instanceId: string): Promise<unknown>;
  limits: DurableLimits;
  onTrace(trace: DurableTrace): void;
  onFinished(record: InstanceRecord): void;
}

const finalTrace = { Completed: 'completed', Failed: 'failed', Terminated: 'terminated' } as const;

/**
 * Runs the unfinished instances: one episode at a time each, committed with everything that it caused in one
 * transaction before anything of it is dispatched. Events drive it; nothing polls.
 */
export function createScheduler(options: SchedulerOptions) {
  const { database, store, clock, limits, onTrace } = options;
  const live = new Map<string, LiveInstance>();
  const work = createWorkList();
  const orchestratorGate = createGate(limits.maxConcurrentOrchestrators);
  /** No new episode and no new activity; what runs may still be written. */
  let draining = false;
  /** Nothing is written any more. */
  let closed = false;

  const runActivity = createActivityRunner({
    clock,
    maxConcurrent: limits.maxConcurrentActivities,
    invoke: (...args) => options.invokeActivity(...args),
    // An activity that still queues when the engine stops is the next engine's to run.
    mayRun: () => !draining,
  });
  const timers = createTimerService(clock, ({ instanceId, executionId, timerId, fireAtMs, createdMs }) => {
    const FireAt = new Date(fireAtMs).toISOString();
    // The extension stamps the event when the timer is made, not when it fires.
    const event = createEvent({ EventType: eventType.timerFired, TimerId: timerId, FireAt }, createdMs);
    post(instanceId, executionId, event, () => store.removeTimer(instanceId, executionId, timerId));
  });

  function post(
    instanceId: string,
    executionId: string | null,
    event: HistoryEvent,
    also?: () => void,
  ): void {
    if (closed) return;
    const message = inTransaction(database, () => {
      also?.();
      return live.has(instanceId) ? store.addMessage(instanceId, executionId, event) : undefined;
    });
    if (message) receive(message);
  }

  function receive(message: StoredMessage): void {
    const target = live.get(message.instanceId);
    if (!target) return;
    target.inbox.push(message);
    wake(target);
  }

  function wake(instance: LiveInstance): void {
    if (!instance.busy && instance.inbox.length) void work.track(pump(instance));
  }

  async function pump(instance: LiveInstance): Promise<void> {
    instance.busy = true;
    try {
      while (!draining && live.get(instance.record.id) === instance) {
        const batch = takeBatch(instance);
        if (!batch.length) break;
        await orchestratorGate(() => runEpisode(instance, batch));
      }
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      trace('engine-error', instance.record, detail);
    } finally {
      instance.busy = false;
    }
  }

  async function runEpisode(instance: LiveInstance, batch: readonly StoredMessage[]): Promise<void> {
    if (draining) return;
    const { id, executionId: current } = instance.record;
    const messages = batch.filter(({ executionId }) => executionId === null || executionId === current);
    const newEvents: HistoryEvent[] = [
      createEvent({ EventType: eventType.orchestratorStarted }, clock.now()),
      ...messages.map(({ event }) => event),
    ];
    if (instance.history.length === 0) trace('started', instance.record);
    const verdict = messages.length ? await judge(instance, newEvents) : undefined;
    // Closed or purged meanwhile: nothing of this run may be written.
    if (closed || live.get(id) !== instance) return;

    if (verdict) {
      const effects = inTransaction(database, () =>
        commitEpisode(store, instance, batch, newEvents, verdict, clock.now()),
      );
      apply(instance, batch, effects);
    } else {
      inTransaction(database, () => batch.forEach(({ messageId }) => store.removeMessage(messageId)));
      instance.inbox = instance.inbox.filter((message) => !batch.includes(message));
    }
  }

  async function judge(instance: LiveInstance, newEvents: readonly HistoryEvent[]): Promise<Verdict> {
    for (const event of newEvents) {
      if (event.EventType === eventType.executionTerminated)
        return plainVerdict({ kind: 'finished', status: 'Terminated', output: event.Input });
      if (event.EventType === eventType.executionSuspended) return plainVerdict({ kind: 'suspended' });
    }
    return decide(instance, newEvents, {
      catalog: options.catalog,
      invokeOrchestrator: options.invokeOrchestrator,
      maxCustomStatusBytes: limits.maxCustomStatusBytes,
    });
  }

  /** Brings memory up to what was committed, then dispatches. */
  function apply(instance: LiveInstance, batch: readonly StoredMessage[], effects: Effects): void {
    const { record, historyCleared } = effects;
    const { id, executionId } = instance.record;
    instance.record = record;
    // A new generation stored the waiting messages again, behind its start: they are among the effects.
    instance.inbox = historyCleared ? [] : instance.inbox.filter((message) => !batch.includes(message));
    instance.history = historyCleared ? [] : [...instance.history, ...effects.historyAdded];
    instance.historyJson = historyCleared
      ? ''
      : [instance.historyJson, ...effects.historyAddedJson].filter((text) => text !== '').join(',');
    for (const timerId of effects.cancelledTimers) timers.cancel(id, executionId, timerId);
    if (historyCleared) timers.cancelAll(id);
    if (historyCleared) trace('continued', record);
    if (isFinished(record.status)) {
      live.delete(id);
      timers.cancelAll(id);
    }
    for (const started of effects.startedInstances) add(started);
    for (const activity of effects.activities) dispatch(activity);
    for (const timer of effects.timers) timers.arm(timer);
    for (const message of effects.messages) receive(message);
    if (record.status === 'Completed' || record.status === 'Failed' || record.status === 'Terminated') {
      trace(finalTrace[record.status], record);
      options.onFinished(record);
    }
  }

  function dispatch(activity: ScheduledActivity): void {
    const { instanceId, executionId, name } = activity;
    const run = async () => {
      const event = await runActivity(activity);
      if (!event) return;
      if (event.EventType === eventType.taskFailed) onTrace({ event: 'activity-failed', instanceId, name });
      post(instanceId, executionId, event, () => store.removeActivity(activity));
    };
    void work.track(run());
  }

  function add(record: InstanceRecord, history: HistoryEvent[] = []): void {
    const historyJson = history.map(storedJson).join(',');
    live.set(record.id, { record, history, historyJson, inbox: [], busy: false });
    if (record.status === 'Pending') trace('scheduled', record);
  }

  function trace(event: DurableTrace['event'], { id, name }: InstanceRecord, detail?: string): void {
    onTrace({ event, instanceId: id, name, ...(detail !== undefined && { detail }) });
  }

  return {
    work,
    timers,
    post,
    receive,
    add,
    find: (instanceId: string) => live.get(instanceId),
    /**
     * Takes up what an earlier engine on this store left: its activities, timers and messages. Nothing is
     * dispatched before the caller has the engine in hand.
     */
    recover(): void {
      for (const record of store.unfinishedInstances()) add(record, store.history(record.id));
      for (const message of store.messages()) live.get(message.instanceId)?.inbox.push(message);
      const [activities, waiting] = [store.activities(), store.timers()];
      const begin = async () => {
        await Promise.resolve();
        if (closed) return;
        for (const activity of activities) dispatch(activity);
        for (const timer of waiting) timers.arm(timer);
        for (const instance of live.values()) wake(instance);
      };
      void work.track(begin());
    },
    forget(instanceId: string): void {
      live.delete(instanceId);
      timers.cancelAll(instanceId);
    },
    drain(): Promise<void> {
      draining = true;
      return work.idle();
    },
    close(): void {
      draining = true;
      closed = true;
      timers.close();
    },
  };
}
