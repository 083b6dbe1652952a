/**
 * Runs orchestrations in the test's own process, on the same engine as the host: for the `orchestrations`
 * tests. How a test file uses it is in this folder's README.
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Clock, ManualClock } from '../kit/clock.ts';
import { openStore } from '../kit/store.ts';
import { createDurableEngine, type DurableEngine } from './durable/engine.ts';
import { eventName, type HistoryEvent } from './durable/history.ts';
import { type InstanceRecord, isFinished, type RuntimeStatus } from './durable/instance.ts';
import type { DurableLimits } from './durable/limits.ts';
import type { DurableTrace } from './durable/trace.ts';
import { triggerOf } from './function-metadata.ts';
import { type RpcData, valueOf } from './rpc-data.ts';
import { type CoreRegistry, createCoreRegistry } from './worker/core-api.ts';
import { provideCoreModule } from './worker/core-module.ts';
import { invokeFunction } from './worker/invoke-function.ts';
import { finishStart } from './worker/load-app.ts';

export interface InProcessHostOptions {
  /**
   * Imports or calls what registers functions through `df.app`. Called once per host; a function of the same
   * name as one of an earlier host of this process takes its place.
   */
  register(): Promise<void> | void;
  clock: Clock;
  /** Default: a store in memory. */
  store?: DatabaseSync;
  limits?: Partial<DurableLimits>;
  /** Moves a manual clock to the next durable timer whenever nothing else can happen. */
  autoAdvance?: boolean;
  /** Stands between engine and activity: may answer itself, throw, wait, or call `crash()` of the host. */
  interceptActivity?(name: string, input: unknown, next: () => Promise<unknown>): Promise<unknown>;
  onTrace?(trace: DurableTrace): void;
}

interface InProcessStatus {
  instanceId: string;
  name: string;
  runtimeStatus: RuntimeStatus;
  input: unknown;
  output: unknown;
  customStatus: unknown;
}

export interface InProcessHost {
  start(name: string, options?: { instanceId?: string; input?: unknown }): Promise<string>;
  status(instanceId: string): InProcessStatus | undefined;
  history(instanceId: string): HistoryEvent[];
  raiseEvent(instanceId: string, name: string, data?: unknown): Promise<void>;
  terminate(instanceId: string, reason?: string): Promise<void>;
  suspend(instanceId: string, reason?: string): Promise<void>;
  resume(instanceId: string, reason?: string): Promise<void>;
  /** Waits until nothing runs; never moves the clock. */
  settled(): Promise<void>;
  /** Rejects after `timeoutMs` of real time (default 5,000) with where the instance stands. */
  waitForCompletion(instanceId: string, options?: { timeoutMs?: number }): Promise<InProcessStatus>;
  /** The engine stops as if the process had died: nothing that runs is written any more. */
  crash(): void;
  /** Crashes before the nth run of this activity; resolves when it has happened. */
  crashBefore(activity: string, nth?: number): Promise<void>;
  /** Crashes after the nth run of this activity, before its result is written. */
  crashAfter(activity: string, nth?: number): Promise<void>;
  /** A new engine on the same store, as after a restart; `register` puts changed functions in place first. */
  reopen(changed?: { register(): Promise<void> | void }): Promise<void>;
  close(): Promise<void>;
}

const never = () => new Promise<never>(() => {});
const registryKey = Symbol.for('admin-center.functions-host.registry');

/** The library remembers the first core module that it sees, so all hosts of one process share one registry. */
function sharedRegistry(): CoreRegistry {
  const holder = globalThis as { [registryKey]?: CoreRegistry };
  const known = holder[registryKey];
  if (known) return known;
  const registry = createCoreRegistry({ write: () => {} });
  provideCoreModule(registry.api);
  holder[registryKey] = registry;
  return registry;
}

function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const toStatus = (record: InstanceRecord): InProcessStatus => ({
  instanceId: record.id,
  name: record.name,
  runtimeStatus: record.status,
  input: parsed(record.input),
  output: parsed(record.output),
  customStatus: parsed(record.customStatus),
});

const jsonOf = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

export async function createInProcessHost(options: InProcessHostOptions): Promise<InProcessHost> {
  const { clock, autoAdvance = false } = options;
  const ownsStore = options.store === undefined;
  const store = options.store ?? openStore(':memory:');
  const registry = sharedRegistry();
  const registerFunctions = async (register: InProcessHostOptions['register']) => {
    registry.reopen();
    await register();
    await finishStart(registry, process.cwd());
  };
  await registerFunctions(() => options.register());

  const namesOf = (type: string) =>
    [...registry.functions.values()]
      .filter(({ metadata }) => triggerOf(metadata).trigger.type === type)
      .map(({ metadata }) => metadata.name);

  async function invoke(name: string, data: RpcData, instanceId?: string): Promise<unknown> {
    const found = [...registry.functions.values()].find(
      ({ metadata }) => metadata.name.toLowerCase() === name.toLowerCase(),
    );
    if (!found) throw new Error(`no function '${name}'`);
    const request = {
      inputData: [{ name: triggerOf(found.metadata).bindingName, data }],
      triggerMetadata: instanceId === undefined ? {} : { instanceId: { string: instanceId } },
      traceContext: { traceParent: '', traceState: '', attributes: {} },
    };
    return valueOf((await invokeFunction(registry, found, request, randomUUID())).returnValue);
  }

  interface CrashPoint {
    activity: string;
    runsLeft: number;
    when: 'before' | 'after';
    happened(): unknown;
  }
  const crashPoints = new Set<CrashPoint>();
  let engine: DurableEngine;
  let closed = false;

  async function invokeActivity(name: string, input: string | null, instanceId: string): Promise<unknown> {
    const owner = engine;
    const point = [...crashPoints].find(({ activity }) => activity === name);
    const isDue = point !== undefined && --point.runsLeft === 0;
    const die = (due: CrashPoint) => {
      crashPoints.delete(due);
      owner.close();
      due.happened();
      return never();
    };
    if (isDue && point.when === 'before') return die(point);
    const next = () => invoke(name, input === null ? {} : { string: input }, instanceId);
    const result = await (options.interceptActivity?.(name, parsed(input), next) ?? next());
    return isDue ? die(point) : result;
  }

  const open = () =>
    createDurableEngine({
      store,
      clock,
      catalog: {
        orchestrators: () => namesOf('orchestrationTrigger'),
        activities: () => namesOf('activityTrigger'),
      },
      invokeOrchestrator: (name, payload) => invoke(name, { string: payload }),
      invokeActivity,
      ...(options.limits && { limits: options.limits }),
      onTrace: (trace) => options.onTrace?.(trace),
    });
  engine = open();

  function advanceToNextTimer(): boolean {
    const next = engine.nextTimer();
    if (!autoAdvance || next === undefined || !('advance' in clock)) return false;
    const manual = clock as ManualClock;
    if (next > manual.now()) manual.advance(next - manual.now());
    return true;
  }

  /** One step of waiting: time moves when nothing else can, else whatever runs gets its turn. */
  async function waitAStep(until?: Promise<unknown>): Promise<void> {
    if (engine.isIdle() && advanceToNextTimer()) await turn();
    // An activity may wait for the clock itself, so the wait is bounded.
    else await Promise.race([until ?? never(), sleep(1)]);
  }

  async function crashAt(when: CrashPoint['when'], activity: string, runsLeft: number): Promise<void> {
    let hit = false;
    const point: CrashPoint = { activity, runsLeft, when, happened: () => (hit = true) };
    crashPoints.add(point);
    while (!hit && !closed) await waitAStep();
  }

  return {
    start: async (name, { instanceId, input } = {}) =>
      engine.start({ name, instanceId, input: jsonOf(input) }),
    status(instanceId) {
      const record = engine.getStatus(instanceId);
      return record && toStatus(record);
    },
    history: (instanceId) => engine.history(instanceId),
    raiseEvent: async (instanceId, name, data) => engine.raiseEvent(instanceId, name, jsonOf(data)),
    terminate: async (instanceId, reason) => engine.terminate(instanceId, reason ?? null),
    suspend: async (instanceId, reason) => engine.suspend(instanceId, reason ?? null),
    resume: async (instanceId, reason) => engine.resume(instanceId, reason ?? null),
    settled: () => engine.idle(),
    async waitForCompletion(instanceId, { timeoutMs = 5_000 } = {}) {
      const until = performance.now() + timeoutMs;
      for (;;) {
        const record = engine.getStatus(instanceId);
        if (!record) throw new Error(`no instance '${instanceId}'`);
        if (isFinished(record.status)) return toStatus(record);
        if (performance.now() > until) {
          const last = engine.history(instanceId).map(eventName).join(', ');
          throw new Error(`'${instanceId}' is ${record.status} after ${timeoutMs} ms; its history: ${last}`);
        }
        await waitAStep(engine.whenFinished(instanceId));
      }
    },
    crash: () => engine.close(),
    crashBefore: (activity, nth = 1) => crashAt('before', activity, nth),
    crashAfter: (activity, nth = 1) => crashAt('after', activity, nth),
    async reopen(changed) {
      engine.close();
      if (changed) await registerFunctions(() => changed.register());
      engine = open();
    },
    async close() {
      closed = true;
      engine.close();
      if (ownsStore) store.close();
    },
  };
}
