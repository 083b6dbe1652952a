import type { SessionDocument } from '#shared/domain/documents.ts';
import { type MemoryPorts, subscriptionId } from './memory-ports.ts';
import { administrator, machineId, resourceId } from './sample-machine.ts';

/** Puts an open session on record, an hour long from now. */
export async function addSession(
  memory: MemoryPorts,
  id: string,
  changes: Partial<SessionDocument> = {},
): Promise<SessionDocument> {
  const createdAt = Math.floor(memory.ports.now().getTime() / 1000);
  const session: SessionDocument = {
    type: 'session',
    key: id,
    id,
    machineId,
    service: 'WAC',
    user: administrator,
    on: { resourceId, subscriptionId, kind: 'arc' },
    state: 'open',
    createdAt,
    expiresAt: createdAt + 3600,
    ...changes,
  };
  await memory.store.commit(session.machineId, [{ put: session }]);
  return session;
}

export const readSession = async (memory: MemoryPorts, id: string): Promise<SessionDocument | undefined> =>
  (await memory.store.read(machineId, 'session', id))?.document;
