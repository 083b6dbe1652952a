import type { AppError } from '#shared/domain/error.ts';

/** A step of a flow: `yield*` it. Its result type is inferred; nothing is cast in an orchestrator. */
export type Step<T> = Generator<unknown, T, unknown>;

/** An activity takes one JSON object and answers one, or nothing: bare values change their type on the wire. */
type AnyActivity = (input: never) => Promise<object | undefined | void>;
/** An activity without input is called with an empty object. */
type InputOf<F extends AnyActivity> = Parameters<F> extends [] ? object : Parameters<F>[0];

/** The same record of activities, as steps. */
export type ActivitySteps<A extends Record<string, AnyActivity>> = {
  [K in keyof A]: (input: InputOf<A[K]>) => Step<Awaited<ReturnType<A[K]>>>;
};

/** Waits between attempts, in milliseconds; as many attempts as waits, and one. Only retryable errors are repeated. */
export type RetryPolicy = readonly number[];

/** What the user is shown of an operation: which step runs, counted from 0, and what it does, one sentence. */
export interface Progress {
  operationId: string;
  step: number;
  detail: string;
}

/** A flow to start within another, under an instance id of its own. */
export interface Child<I extends object> {
  instanceId: string;
  input: I;
}

export type Orchestrator<I, O> = (context: OrchestrationContext, input: I) => Step<O>;

/** What a flow may use: all of it is deterministic under replay. */
export interface OrchestrationContext {
  readonly instanceId: string;
  /** The time of this episode; the only clock. */
  now(): Date;
  /** The activities of a flow by name, each repeated as the policy says; failures arrive as `AppError`. */
  activities<A extends Record<string, AnyActivity>>(policy: RetryPolicy): ActivitySteps<A>;
  /** Shown as soon as the next activity begins, here or in the flow that is called next: it takes no step of its own. */
  announce(progress: Progress): void;
  subOrchestration<I extends object, O>(name: string, input: I): Step<O>;
  /**
   * Runs a flow for each child in `width` lanes beside each other; answers how many failed. One never stops another:
   * one that takes long keeps its own lane alone.
   */
  forEach<I extends object>(name: string, children: readonly Child<I>[], width: number): Step<number>;
  /** The same in one lane. */
  oneByOne<I extends object>(name: string, children: readonly Child<I>[]): Step<number>;
  sleep(ms: number): Step<void>;
  /** True when the event came, false when the time was up first. Events that came before are not lost. */
  waitForEvent(name: string, timeoutMs: number): Step<boolean>;
  /** What is caught in a flow, as ours. */
  toAppError(error: unknown): AppError;
}
