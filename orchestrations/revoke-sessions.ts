import { revocationPartition, type SessionDocument } from '#shared/domain/documents.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';

export interface RevokeSessionPorts {
  store: MachineStore;
  bus: MessageBus;
  now(): Date;
  newId(): string;
}

/** Ends one session now. First the record that a starting proxy reads, then the session, then the hints: repeatable at every point. */
export async function revokeSession(
  ports: RevokeSessionPorts,
  actor: { id: string; name: string },
  session: SessionDocument,
): Promise<void> {
  const now = ports.now();
  const { id: sessionId, machineId, expiresAt } = session;
  const ttlSeconds = Math.max(1, expiresAt - Math.floor(now.getTime() / 1000)) + 60;
  await ports.store.commit(revocationPartition, [
    { put: { type: 'revocation', machineId: revocationPartition, key: sessionId, expiresAt, ttlSeconds } },
  ]);
  const at = now.toISOString();
  await ports.store.commit(machineId, [
    { put: { ...session, state: 'revoked' } },
    {
      create: {
        type: 'audit',
        machineId,
        key: `${at}-${ports.newId()}`,
        at,
        actor,
        action: `revoke session ${sessionId}`,
        outcome: 'succeeded',
      },
    },
  ]);
  const event = {
    specversion: '1.0',
    id: ports.newId(),
    source: '/admin-center',
    time: at,
    type: 'admin-center.session.revoked',
    data: { sessionId, expiresAt },
  } as const;
  await Promise.all([ports.bus.sendToProxies(event), ports.bus.sendToAgent(machineId, event)]);
}

/** More than a machine can have at a time: sessions are few and their records end a day after them. */
const most = 1_000;

/** Ends every live session of a machine; answers how many. */
export async function revokeSessions(
  ports: RevokeSessionPorts,
  actor: { id: string; name: string },
  machineId: string,
): Promise<number> {
  const nowSeconds = ports.now().getTime() / 1000;
  const live = (await ports.store.list(machineId, 'session', most)).filter(
    ({ state, expiresAt }) => (state === 'open' || state === 'opening') && expiresAt > nowSeconds,
  );
  for (const session of live) await revokeSession(ports, actor, session);
  return live.length;
}
