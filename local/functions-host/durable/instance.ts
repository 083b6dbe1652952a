import type { HistoryEvent, ParentInstance } from './history.ts';

export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

export const isFinished = (status: RuntimeStatus): boolean =>
  status === 'Completed' || status === 'Failed' || status === 'Terminated';

/** One orchestration instance as it is stored. Texts are JSON unless said otherwise; times are milliseconds. */
export interface InstanceRecord {
  id: string;
  executionId: string;
  name: string;
  version: string;
  status: RuntimeStatus;
  input: string | null;
  /** JSON, or plain text for a failure or a termination. */
  output: string | null;
  customStatus: string | null;
  createdMs: number;
  updatedMs: number;
  parent: ParentInstance | null;
}

/** A message to an instance that is committed and not yet part of its history. */
export interface StoredMessage {
  messageId: number;
  instanceId: string;
  /** Messages of an older generation are dropped; external events carry none. */
  executionId: string | null;
  event: HistoryEvent;
}

export interface ScheduledActivity {
  instanceId: string;
  executionId: string;
  taskId: number;
  name: string;
  /** Text as it is delivered; null means no input. */
  input: string | null;
}

export interface ScheduledTimer {
  instanceId: string;
  executionId: string;
  timerId: number;
  fireAtMs: number;
  createdMs: number;
}

/** An unfinished instance in memory: its record, its past and the messages that wait. */
export interface LiveInstance {
  record: InstanceRecord;
  history: HistoryEvent[];
  /** The history as JSON texts joined by commas, kept beside the events so that no episode writes it anew. */
  historyJson: string;
  inbox: StoredMessage[];
  /** An episode runs: there is one at a time. */
  busy: boolean;
}
