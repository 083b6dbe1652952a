import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../kit/clock.ts';
import { inTransaction } from '../../kit/store.ts';
import { executionStarted, newExecutionId } from './commit-episode.ts';
import type { Catalog } from './episode.ts';
import { createEvent, eventType, type HistoryEvent } from './history.ts';
import { type InstanceRecord, isFinished } from './instance.ts';
import { checkInstanceId, DurableRequestError } from './instance-id.ts';
import { createInstanceStore, type InstanceQuery } from './instance-store.ts';
import { type DurableLimits, defaultLimits } from './limits.ts';
import { createScheduler } from './scheduler.ts';
import type { DurableTrace } from './trace.ts';

export interface DurableEngineOptions {
  store: DatabaseSync;
  clock: Clock;
  catalog: Catalog;
  /**
   * Runs the orchestrator; resolves with the state that the library returned, rejects with the error whose
   * message carries it. A lost process is the invoker's business: it waits and runs the orchestrator again.
   */
  invokeOrchestrator(name: string, triggerPayload: string): Promise<unknown>;
  /** Runs the activity, at least once; `input` is text as it is delivered, null for none. */
  invokeActivity(name: string, input: string | null, instanceId: string): Promise<unknown>;
  limits?: Partial<DurableLimits>;
  onTrace?(trace: DurableTrace): void;
}

interface StartRequest {
  name: string;
  /** Made up when absent. */
  instanceId?: string | undefined;
  /** JSON text; null for none. */
  input?: string | null;
  version?: string;
}

export interface DurableEngine {
  /** Stores the start and answers with the instance id. Throws DurableRequestError 400 or 409. */
  start(request: StartRequest): string;
  getStatus(instanceId: string): InstanceRecord | undefined;
  history(instanceId: string): HistoryEvent[];
  /** Oldest first. */
  select(query: InstanceQuery): InstanceRecord[];
  /** `data` is JSON text. Throws DurableRequestError 404 (unknown) or 410 (finished), like the next three. */
  raiseEvent(instanceId: string, eventName: string, data: string | null): void;
  terminate(instanceId: string, reason: string | null): void;
  suspend(instanceId: string, reason: string | null): void;
  resume(instanceId: string, reason: string | null): void;
  /** Forgets an instance in any state; false when it is unknown. */
  purge(instanceId: string): boolean;
  /** Resolves when no episode and no activity runs. */
  idle(): Promise<void>;
  isIdle(): boolean;
  /** Resolves with the instance once it is finished, at once when it is already; rejects when it is unknown. */
  whenFinished(instanceId: string): Promise<InstanceRecord>;
  /** When the next durable timer is due, in milliseconds. */
  nextTimer(): number | undefined;
  /** Starts nothing more and resolves when what runs has ended and is written. */
  drain(): Promise<void>;
  /** Takes no more work and waits for nothing: what runs is run again by the next engine on this store. */
  close(): void;
}

/**
 * The durable engine. A new engine on the same store goes on where the last one stopped: activities without a
 * result run again, overdue timers fire.
 */
export function createDurableEngine(options: DurableEngineOptions): DurableEngine {
  const { store: database, clock } = options;
  const store = createInstanceStore(database);
  const listeners = new Map<string, ((record: InstanceRecord) => void)[]>();
  const scheduler = createScheduler({
    ...options,
    database,
    store,
    limits: { ...defaultLimits(), ...options.limits },
    onTrace: options.onTrace?.bind(options) ?? (() => {}),
    onFinished(record) {
      for (const listener of listeners.get(record.id) ?? []) listener(record);
      listeners.delete(record.id);
    },
  });
  scheduler.recover();

  const getStatus = (instanceId: string) =>
    scheduler.find(instanceId)?.record ?? store.getInstance(instanceId);

  const postToLive = (instanceId: string, event: HistoryEvent) => {
    if (!scheduler.find(instanceId)) {
      if (store.getInstance(instanceId)) throw new DurableRequestError(410, 'The instance has finished.');
      throw new DurableRequestError(404, `No instance with ID '${instanceId}' was found.`);
    }
    scheduler.post(instanceId, null, event);
  };

  return {
    start({ name, instanceId = newExecutionId(), input = null, version = '' }) {
      checkInstanceId(instanceId);
      const existing = getStatus(instanceId);
      if (existing && !isFinished(existing.status))
        throw new DurableRequestError(
          409,
          `An Orchestration instance with the status ${existing.status} already exists.`,
        );
      const nowMs = clock.now();
      const record: InstanceRecord = {
        id: instanceId,
        executionId: newExecutionId(),
        name,
        version,
        status: 'Pending',
        input,
        output: null,
        customStatus: null,
        createdMs: nowMs,
        updatedMs: nowMs,
        parent: null,
      };
      const message = inTransaction(database, () => {
        if (existing) store.removeInstance(instanceId);
        store.putInstance(record);
        return store.addMessage(instanceId, record.executionId, executionStarted(record, nowMs));
      });
      scheduler.add(record);
      scheduler.receive(message);
      return instanceId;
    },
    getStatus,
    history: (instanceId) => scheduler.find(instanceId)?.history ?? store.history(instanceId),
    select: (query) => store.selectInstances(query),
    raiseEvent: (instanceId, Name, Input) =>
      postToLive(instanceId, createEvent({ EventType: eventType.eventRaised, Name, Input }, clock.now())),
    terminate: (instanceId, Input) =>
      postToLive(instanceId, createEvent({ EventType: eventType.executionTerminated, Input }, clock.now())),
    suspend: (instanceId, Reason) =>
      postToLive(instanceId, createEvent({ EventType: eventType.executionSuspended, Reason }, clock.now())),
    resume: (instanceId, Reason) =>
      postToLive(instanceId, createEvent({ EventType: eventType.executionResumed, Reason }, clock.now())),
    purge(instanceId) {
      if (!getStatus(instanceId)) return false;
      scheduler.forget(instanceId);
      inTransaction(database, () => store.removeInstance(instanceId));
      return true;
    },
    idle: () => scheduler.work.idle(),
    isIdle: () => scheduler.work.isIdle(),
    whenFinished(instanceId) {
      const record = getStatus(instanceId);
      if (!record) return Promise.reject(new Error(`no instance '${instanceId}'`));
      if (isFinished(record.status)) return Promise.resolve(record);
      return new Promise((resolve) =>
        listeners.set(instanceId, [...(listeners.get(instanceId) ?? []), resolve]),
      );
    },
    nextTimer: () => scheduler.timers.next(),
    drain: () => scheduler.drain(),
    close: () => scheduler.close(),
  };
}
