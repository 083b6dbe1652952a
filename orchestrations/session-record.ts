import { connectRight } from '#shared/domain/access.ts';
import type { AuditDecision, AuditEntry } from '#shared/domain/audit.ts';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineKind, ServiceName } from '#shared/domain/machine.ts';
import type { SshLevel } from '#shared/domain/session.ts';
import type { MachineStore, Stored } from '#shared/ports/machine-store.ts';
import { getDocument } from './records.ts';

export interface OpenSessionInput {
  machineId: string;
  machine: { resourceId: string; subscriptionId: string; kind: MachineKind };
  sessionId: string;
  service: ServiceName;
  user: { id: string; name: string };
  /** Public address of the caller. */
  from?: string;
  lifetimeSeconds: number;
}

/** What step 1 found: where the session leads, and the leaves that may answer there. Nothing of it is secret. */
export interface SessionTarget {
  machineName: string;
  thumbprints: string[];
  /**
   * In direct mode the leaf that the agent says it serves: there is no line of sight from here to the machine, so its
   * own report takes the place of a handshake.
   */
  reported?: string;
  /** Ids of the role assignments that open it, and of an SSH session the account that it gives. */
  grantedBy: string[];
  level?: SshLevel;
  /** The session ends with it; ISO 8601. */
  lease?: { id: string; endsAt: string };
}

/** Session records outlive their sessions by this much, for the list of recent ones. */
const keptAfterEndSeconds = 24 * 60 * 60;

/** It ends with the lease that opens it. */
export function newSession(
  input: OpenSessionInput & Pick<SessionTarget, 'grantedBy' | 'lease' | 'level'>,
  at: Date,
): SessionDocument {
  const createdAt = Math.floor(at.getTime() / 1000);
  const { lease, level, grantedBy, from } = input;
  const leaseEnd = lease ? Math.floor(Date.parse(lease.endsAt) / 1000) : Number.POSITIVE_INFINITY;
  return {
    type: 'session',
    key: input.sessionId,
    id: input.sessionId,
    machineId: input.machineId,
    service: input.service,
    user: input.user,
    on: input.machine,
    ...(from !== undefined && { from }),
    state: 'opening',
    createdAt,
    expiresAt: Math.min(createdAt + input.lifetimeSeconds, leaseEnd),
    accessGrantedAt: at.toISOString(),
    grantedBy,
    ...(lease && { leaseId: lease.id }),
    ...(level && { level }),
    ttlSeconds: input.lifetimeSeconds + keptAfterEndSeconds,
  };
}

/** A repetition after a crash keeps the times of the first attempt: the label depends on them. */
export async function createOnce(
  store: MachineStore,
  session: SessionDocument,
): Promise<Stored<SessionDocument>> {
  try {
    const [etag = ''] = await store.commit(session.machineId, [{ create: session }]);
    return { document: session, etag };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
    return getDocument(store, session.machineId, 'session', session.key);
  }
}

/** Who opened it from where, on which decision; or why it was refused. */
export const entryOf = (
  input: OpenSessionInput,
  outcome: 'succeeded' | 'refused',
  decision: AuditDecision,
  detail?: string,
): AuditEntry => ({
  actor: { ...input.user, kind: 'user' },
  action: 'session open',
  outcome,
  ...(input.from !== undefined && { from: input.from }),
  decision: { right: connectRight(input.service), ...decision },
  session: { sessionId: input.sessionId, service: input.service },
  ...(detail !== undefined && { detail }),
});
