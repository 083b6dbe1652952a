import { type OrchestrationContext as DurableContext, type Task, TaskFailedError } from 'durable-functions';
import { z } from 'zod';
import type {
  ActivitySteps,
  Child,
  OrchestrationContext,
  Progress,
  RetryPolicy,
  Step,
} from '#orchestrations/context.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import { AppError, isErrorCode, toAppError } from '#shared/domain/error.ts';

/**
 * How our error crosses Durable's boundary: as properties of the failure (its message is host text). The facts
 * travel as JSON text because numbers come back as doubles and nested objects do not come back at all.
 */
const carriedError = z.object({
  appErrorCode: z.string().refine(isErrorCode),
  appErrorDetail: z.string(),
  appErrorFacts: z.string(),
  appErrorRetryAfterMs: z.string().optional(),
});

export function exceptionProperties(error: unknown): z.infer<typeof carriedError> {
  const { code, message, facts, retryAfterMs } = toAppError(error);
  return {
    appErrorCode: code,
    appErrorDetail: message,
    appErrorFacts: JSON.stringify(facts),
    ...(retryAfterMs !== undefined && { appErrorRetryAfterMs: String(Math.ceil(retryAfterMs)) }),
  };
}

/**
 * What an activity throws, for the host. The SDK writes the properties into the error's own message, and an error
 * that callers share (of one reading, of one constant) would carry them again and again: so this is never the same
 * object twice.
 */
export function errorForHost(caught: unknown): AppError {
  const { code, message, facts, retryAfterMs } = toAppError(caught);
  return new AppError(code, message, {
    facts,
    cause: caught,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function restore(properties: unknown): AppError | undefined {
  const parsed = carriedError.safeParse(properties);
  if (!parsed.success || !isErrorCode(parsed.data.appErrorCode)) return undefined;
  const { appErrorCode, appErrorDetail, appErrorFacts, appErrorRetryAfterMs } = parsed.data;
  return new AppError(appErrorCode, appErrorDetail, {
    facts: JSON.parse(appErrorFacts) as Record<string, unknown>,
    ...(appErrorRetryAfterMs !== undefined && { retryAfterMs: Number(appErrorRetryAfterMs) }),
  });
}

/** A failed orchestration is text alone: between these marks stands our error in base64. */
const marked = /\u27e6([A-Za-z0-9+/=]+)\u27e7/;

/** The error with which an orchestrator ends so that its parent can read it. */
export function errorForParent(error: AppError): Error {
  const carried = Buffer.from(JSON.stringify(exceptionProperties(error))).toString('base64');
  return new Error(`\u27e6${carried}\u27e7 ${error.message}`);
}

/** What a task failed with, as ours, at whatever depth the host wrapped it. */
export function errorOfTask(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const details = error instanceof TaskFailedError ? error.failureDetails : undefined;
  for (let failure = details; failure; failure = failure.innerFailure) {
    const restored = restore(failure.properties);
    if (restored) return restored;
  }
  const text = error instanceof Error ? error.message : String(error);
  const carried = marked.exec(text)?.[1];
  const inText =
    carried === undefined ? undefined : restore(JSON.parse(Buffer.from(carried, 'base64').toString('utf8')));
  return inText ?? toAppError(error);
}

/** The only place that knows Durable's task objects. */
function* result<T>(task: Task): Step<T> {
  return (yield task) as T;
}

/** What is announced travels with the input of the next activity or flow. */
export interface Announced {
  progress?: Progress;
}

/** Our narrow context on Durable's. `announced` is what the flow that called this one has announced. */
export function createOrchestrationContext(
  { df }: DurableContext,
  announced?: Progress,
): OrchestrationContext {
  let pending = announced;

  function withPending<I extends object>(input: I): I & Announced {
    const progress = pending;
    pending = undefined;
    return { ...input, ...(progress && { progress }) };
  }

  function* sleep(ms: number): Step<void> {
    yield* result(df.createTimer(new Date(df.currentUtcDateTime.getTime() + ms)));
  }

  /**
   * The one place where retryability is read. A wait that the other side asked for goes before our own; one that is
   * longer than any of the policy is not sat out here: the flow decides what to do until then.
   */
  function* attempt<T>(name: string, given: object, policy: RetryPolicy): Step<T> {
    const input = withPending(given);
    const patienceMs = Math.max(...policy);
    for (let round = 0; ; round += 1) {
      try {
        const output = yield* result<T | null>(df.callActivity(name, input));
        return (output ?? undefined) as T;
      } catch (caught) {
        const error = errorOfTask(caught);
        const wait = policy[round];
        const askedMs = error.retryAfterMs ?? 0;
        if (!error.isRetryable || wait === undefined || askedMs > patienceMs) throw error;
        yield* sleep(Math.max(wait, askedMs));
      }
    }
  }

  return {
    instanceId: df.instanceId,
    now: () => df.currentUtcDateTime,
    sleep,
    toAppError: errorOfTask,

    activities: <A extends Record<string, (input: never) => Promise<object | undefined | void>>>(
      policy: RetryPolicy,
    ) =>
      // Every property is an activity of that name; the type parameter says which there are.
      new Proxy({} as ActivitySteps<A>, {
        get: (_, name) => (input: object) => attempt(String(name), input, policy),
      }),

    announce(progress): void {
      pending = progress;
    },

    *subOrchestration<I extends object, O>(name: string, input: I): Step<O> {
      try {
        return yield* result<O>(df.callSubOrchestrator(name, withPending(input)));
      } catch (caught) {
        throw errorOfTask(caught);
      }
    },

    // A pool over `Task.any` would yield what is pending again, and that schedules it again. Lanes are yielded once, all
    // together, and count what fails: `Task.all` would lose those beside one that failed.
    *forEach<I extends object>(name: string, children: readonly Child<I>[], width: number): Step<number> {
      const lanes = Array.from({ length: Math.min(width, children.length) }, (_, lane) =>
        children.filter((_child, index) => index % width === lane),
      );
      if (lanes.length === 0) return 0;
      const ended = yield* result<{ failed: number }[]>(
        df.Task.all(
          lanes.map((lane) =>
            df.callSubOrchestrator(orchestratorNames.runInTurn, { flow: name, children: lane }),
          ),
        ),
      );
      return ended.reduce((sum, { failed }) => sum + failed, 0);
    },

    *oneByOne<I extends object>(name: string, children: readonly Child<I>[]): Step<number> {
      let failed = 0;
      for (const { instanceId, input } of children) {
        try {
          yield* result(df.callSubOrchestrator(name, input, instanceId));
        } catch {
          // Why is on its own record: the others go on.
          failed += 1;
        }
      }
      return failed;
    },

    *waitForEvent(name, timeoutMs): Step<boolean> {
      const event = df.waitForExternalEvent(name);
      const timer = df.createTimer(new Date(df.currentUtcDateTime.getTime() + timeoutMs));
      const first = yield* result<Task>(df.Task.any([event, timer]));
      // An uncancelled timer would keep the finished instance running until it fires.
      if (first === event) timer.cancel();
      return first === event;
    },
  };
}
