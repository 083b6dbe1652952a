import type { AuditActor, AuditEntry } from '#shared/domain/audit.ts';
import { revocationPartition, type SessionDocument } from '#shared/domain/documents.ts';
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
 * Ends one session now. First the record that a starting proxy reads, then the session and the hints: repeatable at every
 * point. One that is over already is left as it ended, and told of again.
 */
export async function revokeSession(
  ports: RevokeSessionPorts,
  { actor, reason, from }: SessionEnding,
  session: SessionDocument,
): Promise<void> {
  const now = ports.now();
  const { id: sessionId, machineId, service, expiresAt } = session;
  const ttlSeconds = Math.max(1, expiresAt - Math.floor(now.getTime() / 1000)) + 60;
  await ports.store.commit(revocationPartition, [
    { put: { type: 'revocation', machineId: revocationPartition, key: sessionId, expiresAt, ttlSeconds } },
  ]);
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
  await Promise.all([
    updateAudited(ports, { machineId, type: 'session', key: sessionId }, (found) =>
      isLive(found)
        ? { document: { ...found, state: 'revoked', end: { at, reason, by } }, entry }
        : undefined,
    ),
    ports.bus.sendToProxies(event),
    ports.bus.sendToAgent(machineId, event),
  ]);
}

/** More than a machine can have at a time: sessions are few and their records end a day after them. */
const most = 1_000;

/** Ends the live sessions of a machine that `isMeant` names, all where it is left out; answers how many. */
export async function revokeSessions(
  ports: RevokeSessionPorts,
  ending: SessionEnding,
  machineId: string,
  isMeant: (session: SessionDocument) => boolean = () => true,
): Promise<number> {
  const nowSeconds = ports.now().getTime() / 1000;
  const live = (await ports.store.list(machineId, 'session', most)).filter(
    (session) => isLive(session) && session.expiresAt > nowSeconds && isMeant(session),
  );
  const waiting = [...live];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await revokeSession(ports, ending, next);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return live.length;
}
