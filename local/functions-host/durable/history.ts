/** Numbers of the history events as the extension's out-of-process payload carries them. */
export const eventType = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  subOrchestrationCreated: 7,
  subOrchestrationCompleted: 8,
  subOrchestrationFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
  executionSuspended: 19,
  executionResumed: 20,
} as const;

type Type = typeof eventType;

interface InstanceKey {
  InstanceId: string;
  ExecutionId: string;
}

export interface ParentInstance {
  Name: string;
  OrchestrationInstance: InstanceKey;
  /** Sequence id of the parent's step. */
  TaskScheduleId: number;
  Version: string;
}

/** PascalCase names are read by `TaskFailedError` of the library. */
export interface FailureDetails {
  ErrorType: string;
  ErrorMessage: string;
  StackTrace: string | null;
  IsNonRetriable: boolean;
  Properties: Record<string, unknown> | null;
  InnerFailure: FailureDetails | null;
}

interface Failure {
  TaskScheduledId: number;
  Reason: string;
  Details: string;
  FailureDetails: FailureDetails | null;
}

/** A "result" is JSON text or null, never absent: the library parses it without a look. */
type EventBody =
  | {
      EventType: Type['executionStarted'];
      Name: string;
      Version: string;
      Input: string | null;
      OrchestrationInstance: InstanceKey;
      ParentInstance: ParentInstance | null;
      Tags: null;
      ScheduledStartTime: null;
      Correlation: null;
      ParentTraceContext: null;
      Generation: null;
    }
  | { EventType: Type['executionCompleted']; OrchestrationStatus: number; Result: string | null }
  | { EventType: Type['executionTerminated']; Input: string | null }
  | { EventType: Type['taskScheduled']; Name: string; Version: string }
  | { EventType: Type['taskCompleted']; TaskScheduledId: number; Result: string | null }
  | ({ EventType: Type['taskFailed'] } & Failure)
  | {
      EventType: Type['subOrchestrationCreated'];
      InstanceId: string;
      Name: string;
      Version: string;
      Input: string | null;
    }
  | { EventType: Type['subOrchestrationCompleted']; TaskScheduledId: number; Result: string | null }
  | ({ EventType: Type['subOrchestrationFailed'] } & Failure)
  | { EventType: Type['timerCreated']; FireAt: string }
  | { EventType: Type['timerFired']; TimerId: number; FireAt: string }
  | { EventType: Type['orchestratorStarted'] }
  | { EventType: Type['orchestratorCompleted'] }
  | { EventType: Type['eventRaised']; Name: string; Input: string | null }
  | { EventType: Type['executionSuspended']; Reason: string | null }
  | { EventType: Type['executionResumed']; Reason: string | null };

export type HistoryEvent = EventBody & {
  /** Sequence id of a "scheduled" event; -1 on all others. */
  EventId: number;
  /** True on a message that an earlier episode has seen. */
  IsPlayed: boolean;
  Timestamp: string;
};

export type EventOf<Name extends keyof Type> = Extract<HistoryEvent, { EventType: Type[Name] }>;

export function createEvent<Body extends EventBody>(
  body: Body,
  atMs: number,
  eventId = -1,
): Body & { EventId: number; IsPlayed: boolean; Timestamp: string } {
  return { ...body, EventId: eventId, IsPlayed: false, Timestamp: new Date(atMs).toISOString() };
}

const names = new Map<number, string>([
  [0, 'ExecutionStarted'],
  [1, 'ExecutionCompleted'],
  [3, 'ExecutionTerminated'],
  [4, 'TaskScheduled'],
  [5, 'TaskCompleted'],
  [6, 'TaskFailed'],
  [7, 'SubOrchestrationInstanceCreated'],
  [8, 'SubOrchestrationInstanceCompleted'],
  [9, 'SubOrchestrationInstanceFailed'],
  [10, 'TimerCreated'],
  [11, 'TimerFired'],
  [12, 'OrchestratorStarted'],
  [13, 'OrchestratorCompleted'],
  [15, 'EventRaised'],
  [19, 'ExecutionSuspended'],
  [20, 'ExecutionResumed'],
]);

export const eventName = (event: HistoryEvent): string => names.get(event.EventType) ?? 'GenericEvent';
