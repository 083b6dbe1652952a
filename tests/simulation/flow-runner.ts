import type { DurableClient, OrchestrationContext as DurableContext } from 'durable-functions';
import { createOrchestrationContext, errorOfTask } from '#functions/orchestration-context.ts';
import type { OrchestrationContext, Step } from '#orchestrations/context.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What an orchestrator waits for; the members that the real ones have, as far as our context asks for them. */
interface FlowTask {
  isCompleted: boolean;
  isFaulted: boolean;
  result: unknown;
  error: unknown;
  whenDone: ((task: FlowTask) => void)[];
  cancel(): void;
}

interface Instance {
  id: string;
  steps: Step<unknown>;
  /** Names of events, each with the tasks that wait for it or the number of those that came too early. */
  waiting: Map<string, FlowTask[]>;
  early: Map<string, number>;
  end(task: { result: unknown } | { error: unknown }): void;
}

/** Any of the flows, whatever its input. */
type AnyFlow = (context: OrchestrationContext, input: never) => Step<unknown>;
type AnyActivities = Readonly<Record<string, (input: never) => Promise<unknown>>>;

export interface FlowRunnerOptions {
  time: VirtualTime;
  flows: Readonly<Record<string, AnyFlow>>;
  activities: AnyActivities;
  /** How long one call of this activity takes, in milliseconds. */
  latencyOf(activity: string): number;
  /** Around each flow: called at its start, answers what is called at its end. */
  onStart?(name: string, id: string, input: unknown): () => void;
}

const noop = (): void => {};

/**
 * Runs flows on virtual time with the app's own context (its retries, waits and bounded children), without what
 * makes a host slow: no history, no replay, no serialisation. An activity runs to its end at one moment, after its
 * latency; many flows are under way at once.
 */
export function createFlowRunner({ time, flows, activities, latencyOf, onStart }: FlowRunnerOptions) {
  const running = new Map<string, Instance>();
  let started = 0;

  const newTask = (cancel: () => void = noop): FlowTask => ({
    isCompleted: false,
    isFaulted: false,
    result: undefined,
    error: undefined,
    whenDone: [],
    cancel,
  });

  function complete(task: FlowTask, outcome: { result: unknown } | { error: unknown }): void {
    if (task.isCompleted) return;
    task.isCompleted = true;
    if ('error' in outcome) {
      task.isFaulted = true;
      task.error = outcome.error;
    } else task.result = outcome.result;
    for (const tell of task.whenDone.splice(0)) tell(task);
  }

  const whenDone = (task: FlowTask, tell: (task: FlowTask) => void): void => {
    if (task.isCompleted) tell(task);
    else task.whenDone.push(tell);
  };

  function callActivity(name: string, input: unknown): FlowTask {
    const task = newTask();
    time.after(latencyOf(name), async () => {
      const activity = activities[name];
      if (!activity) throw new Error(`no activity ${name}`);
      try {
        complete(task, { result: await activity(input as never) });
      } catch (error) {
        complete(task, { error });
      }
    });
    return task;
  }

  function createTimer(date: Date): FlowTask {
    const cancel = time.at(date.getTime(), () => complete(task, { result: undefined }));
    const task = newTask(cancel);
    return task;
  }

  function any(tasks: readonly FlowTask[]): FlowTask {
    const first = newTask();
    for (const task of tasks) {
      if (first.isCompleted) break;
      whenDone(task, () => complete(first, { result: task }));
    }
    return first;
  }

  function all(tasks: readonly FlowTask[]): FlowTask {
    const every = newTask();
    const look = () => {
      const failed = tasks.find(({ isFaulted }) => isFaulted);
      if (failed) complete(every, { error: failed.error });
      else if (tasks.every(({ isCompleted }) => isCompleted))
        complete(every, { result: tasks.map(({ result }) => result) });
    };
    for (const task of tasks) whenDone(task, look);
    return every;
  }

  function waitForEvent(instance: Instance, name: string): FlowTask {
    const task = newTask();
    const early = instance.early.get(name) ?? 0;
    if (early > 0) {
      instance.early.set(name, early - 1);
      complete(task, { result: {} });
    } else instance.waiting.set(name, [...(instance.waiting.get(name) ?? []), task]);
    return task;
  }

  /** Goes on with a flow until it waits for something. */
  function advance(instance: Instance, resume: () => IteratorResult<unknown, unknown>): void {
    let step: IteratorResult<unknown, unknown>;
    try {
      step = resume();
    } catch (error) {
      return instance.end({ error: errorOfTask(error) });
    }
    if (step.done) return instance.end({ result: step.value });
    whenDone(step.value as FlowTask, (task) =>
      advance(instance, () =>
        task.isFaulted ? instance.steps.throw(task.error) : instance.steps.next(task.result),
      ),
    );
  }

  function start(name: string, id: string, input: unknown): FlowTask {
    const flow = flows[name];
    if (!flow) throw new Error(`no flow ${name}`);
    if (running.has(id)) throw new Error(`the instance ${id} is there already`);
    const task = newTask();
    const atEnd = onStart?.(name, id, input) ?? noop;
    const df = {
      instanceId: id,
      get currentUtcDateTime() {
        return new Date(time.now());
      },
      callActivity,
      createTimer,
      callSubOrchestrator: (child: string, childInput: unknown, childId?: string) =>
        start(child, childId ?? `${id}:${(started += 1)}`, childInput),
      waitForExternalEvent: (event: string) => waitForEvent(instance, event),
      Task: { any, all },
    };
    const context = createOrchestrationContext({ df } as unknown as DurableContext);
    const instance: Instance = {
      id,
      steps: flow(context, input as never),
      waiting: new Map(),
      early: new Map(),
      end(outcome) {
        running.delete(id);
        atEnd();
        complete(task, outcome);
      },
    };
    running.set(id, instance);
    time.after(0, () => advance(instance, () => instance.steps.next()));
    return task;
  }

  async function raiseEvent(id: string, name: string): Promise<void> {
    const instance = running.get(id);
    if (!instance) throw new Error(`404: no instance ${id}`);
    const waiting = (instance.waiting.get(name) ?? []).filter((task) => task.whenDone.length > 0);
    instance.waiting.delete(name);
    if (waiting.length === 0) instance.early.set(name, (instance.early.get(name) ?? 0) + 1);
    for (const task of waiting) complete(task, { result: {} });
  }

  const client = {
    async startNew(name: string, { instanceId, input }: { instanceId: string; input: unknown }) {
      const task = start(name, instanceId, input);
      // A flow that ends with an error has a bug: ours say what failed in their result.
      whenDone(task, ({ isFaulted, error }) => {
        if (isFaulted) time.after(0, () => Promise.reject(error));
      });
      return instanceId;
    },
    async getStatus(id: string) {
      return running.has(id) ? { runtimeStatus: 'Running' } : { runtimeStatus: undefined };
    },
    raiseEvent,
  };

  return { client: client as unknown as DurableClient, running };
}
