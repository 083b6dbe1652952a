import type { AuditActor, AuditEntry } from '#shared/domain/audit.ts';
import { revocationPartition, type SessionDocument } from '#shared/domain/documents.ts';
import { inLanes } from '#shared/domain/lanes.ts';
import type { SessionEndReason } from '#shared/domain/session.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { updateAudited } from './audited-update.ts';

export interface RevokeSessionPorts {
  store: MachineStore;
  bus: MessageBus;
  secrets: SecretStore;
  now(): Date;
  newId(): string;
}

/** Who ends a session, why, and from where. */
export interface SessionEnding {
  actor: AuditActor;
  reason: SessionEndReason;
  /** Public address of the actor, where there is one. */
  from?: string;
}

/** This service, where it acts by itself. */
export const serviceActor: AuditActor = { id: 'admin-center', name: 'Admin Center', kind: 'service' };

/** Sessions that are ended at the same time. */
const width = 16;

const isLive = ({ state }: SessionDocument): boolean => state === 'open' || state === 'opening';

/**
 * Ends one session now: the record that a starting proxy reads, the session with its audit, and the hints to those who cut.
 * Repeatable at every point. One that is over already is left as it ended, and told of again. Where a part fails, the others
 * are done all the same, and it rejects then: what cannot be recorded is cut, and whoever asked does it again.
 */
export async function revokeSession(
  ports: RevokeSessionPorts,
  { actor, reason, from }: SessionEnding,
  session: SessionDocument,
): Promise<void> {
  const now = ports.now();
  const { id: sessionId, machineId, service, expiresAt } = session;
  const ttlSeconds = Math.max(1, expiresAt - Math.floor(now.getTime() / 1000)) + 60;
  const recorded = ports.store.commit(revocationPartition, [
    { put: { type: 'revocation', machineId: revocationPartition, key: sessionId, expiresAt, ttlSeconds } },
  ]);
  // A proxy that starts reads the records, then listens: what it is told without one would be lost to it.
  await recorded.catch(() => {});
  const at = now.toISOString();
  const by = { id: actor.id, name: actor.name };
  const entry: AuditEntry = {
    actor,
    action: 'session end',
    outcome: 'succeeded',
    ...(from !== undefined && { from }),
    session: { sessionId, service, endReason: reason },
    detail: `the session of ${session.user.name}`,
  };
  const event = {
    specversion: '1.0',
    id: ports.newId(),
    source: '/admin-center',
    time: at,
    type: 'admin-center.session.revoked',
    data: { sessionId, expiresAt },
  } as const;
  const parts = await Promise.allSettled([
    recorded,
    updateAudited(ports, { machineId, type: 'session', key: sessionId }, (found) =>
      isLive(found)
        ? { document: { ...found, state: 'revoked', end: { at, reason, by } }, entry }
        : undefined,
    ),
    ports.bus.sendToProxies(event),
    ports.bus.sendToAgent(machineId, event),
  ]);
  const failed = parts.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** More than a machine can have at a time. */
const most = 20_000;

/**
 * Ends the live sessions of a machine that `isMeant` names, all where it is left out; answers how many. One that fails keeps
 * no other open: the first failure is thrown when all were tried.
 */
export async function revokeSessions(
  ports: RevokeSessionPorts,
  ending: SessionEnding,
  machineId: string,
  isMeant: (session: SessionDocument) => boolean = () => true,
): Promise<number> {
  const nowSeconds = ports.now().getTime() / 1000;
  const live = (await ports.store.findSessions('live', most, machineId)).filter(
    (session) => session.expiresAt > nowSeconds && isMeant(session),
  );
  await inLanes(live, width, (session) => revokeSession(ports, ending, session));
  return live.length;
}
