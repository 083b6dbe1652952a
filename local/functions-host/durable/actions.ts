/** Numbers of the actions that the library returns, one per yield of the orchestrator. */
export const actionType = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callSubOrchestrator: 2,
  callSubOrchestratorWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
  callEntity: 7,
  callHttp: 8,
  signalEntity: 9,
  whenAny: 11,
  whenAll: 12,
  lockEntities: 13,
  releaseEntities: 14,
} as const;

type Type = typeof actionType;

export interface RetryOptions {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

interface ActivityCall {
  functionName: string;
  /** A string is JSON text already; anything else is the value itself. */
  input?: unknown;
}

interface SubOrchestratorCall {
  functionName: string;
  instanceId?: string;
  input?: unknown;
  version?: string;
}

export type Action =
  | ({ actionType: Type['callActivity'] } & ActivityCall)
  | ({ actionType: Type['callActivityWithRetry']; retryOptions: RetryOptions } & ActivityCall)
  | ({ actionType: Type['callSubOrchestrator'] } & SubOrchestratorCall)
  | ({ actionType: Type['callSubOrchestratorWithRetry']; retryOptions: RetryOptions } & SubOrchestratorCall)
  | { actionType: Type['continueAsNew']; input?: unknown }
  | { actionType: Type['createTimer']; fireAt: string; isCanceled: boolean }
  | { actionType: Type['waitForExternalEvent']; externalEventName: string }
  | { actionType: Type['whenAny'] | Type['whenAll']; compoundActions: Action[] }
  | {
      actionType:
        | Type['callEntity']
        | Type['callHttp']
        | Type['signalEntity']
        | Type['lockEntities']
        | Type['releaseEntities'];
    };

/** What one run of an orchestrator returns: all steps since the start of this generation. */
export interface OrchestratorState {
  isDone: boolean;
  /** The outer array has one element in every schema that this host offers. */
  actions: Action[][];
  output?: unknown;
  error?: string;
  customStatus?: unknown;
  failureDetails?: unknown;
}

const marker = '\n\n$OutOfProcData$:';

/** The state that the library appends to the message of an orchestrator's error, or undefined without one. */
export function stateOfFailure(message: string): unknown {
  const at = message.indexOf(marker);
  if (at < 0) return undefined;
  try {
    return JSON.parse(message.slice(at + marker.length));
  } catch {
    // An error of the app that happens to hold the mark.
    return undefined;
  }
}
