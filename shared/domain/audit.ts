import type { Person } from './lease.ts';

/** Who acts: a person, an application, this service by itself, or a machine's agent. */
export interface AuditActor extends Person {
  kind?: 'user' | 'application' | 'service' | 'agent';
}

/** On what the answer rested. */
export interface AuditDecision {
  /** The right that was asked for, or the condition that was not met. */
  right?: string;
  /** Ids of the role assignments that gave it. */
  grantedBy?: string[];
  leaseId?: string;
  /** Code of the refusal. */
  code?: string;
}

/** How a session ended, for its record. */
export interface AuditedSession {
  sessionId: string;
  service: string;
  seconds?: number;
  bytesUp?: number;
  bytesDown?: number;
  endReason?: string;
}

/** One thing that somebody did to a machine, or tried to: what `recordAudit` is given. */
export interface AuditEntry {
  actor: AuditActor;
  /** Two words at least, the thing first: `session open`, `lease approve`, `endpoint change`. */
  action: string;
  outcome: 'allowed' | 'refused' | 'succeeded' | 'failed';
  /** Public address of the caller, where there is one. */
  from?: string;
  decision?: AuditDecision;
  session?: AuditedSession;
  operationId?: string;
  leaseId?: string;
  /** One sentence without secrets. */
  detail?: string;
}
