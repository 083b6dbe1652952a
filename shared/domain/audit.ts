import type { AuditAction } from './audit-actions.ts';
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
interface AuditedSession {
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
  action: AuditAction;
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

/** The first place where a chain does not hold, and what is wrong there. */
export interface AuditBreak {
  sequence: number;
  why: 'changed' | 'missing' | 'inserted' | 'head_missing' | 'rolled_back' | 'key_unknown';
  detail: string;
}

/** Of the record that goes into a chain whose end was tampered with. */
export const chainBreakAction = 'audit break';

/** Characters. What is longer is cut: a record is a line, and a batch has a limit. */
const longest = { word: 100, name: 320, detail: 2_000 } as const;
const mostGrants = 20;

const cut = (text: string, most: number): string =>
  (text.length <= most ? text : `${text.slice(0, most - 1)}…`).toWellFormed();

/** The entry as it is kept: what strangers can put into it is bounded, and comes back from any store as it went in. */
export function boundEntry(entry: AuditEntry): AuditEntry {
  const { actor, action, from, decision, detail } = entry;
  return {
    ...entry,
    actor: { ...actor, id: cut(actor.id, longest.name), name: cut(actor.name, longest.name) },
    action: cut(action, longest.word) as AuditAction,
    ...(from !== undefined && { from: cut(from, longest.word) }),
    ...(decision?.grantedBy && {
      decision: { ...decision, grantedBy: decision.grantedBy.slice(0, mostGrants) },
    }),
    ...(detail !== undefined && { detail: cut(detail, longest.detail) }),
  };
}

/** Refusals of a caller that are kept on the machine, whatever the route. */
const refusalCodes: ReadonlySet<string> = new Set([
  'access_denied',
  'machine_not_found',
  'lease_required',
  'lease_own_request',
  'application_not_allowed',
]);
export const isRefusalCode = (code: string): boolean => refusalCodes.has(code);
