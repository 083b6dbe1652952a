import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { revokeSessions } from '#orchestrations/revoke-sessions.ts';
import { AppError } from '#shared/domain/error.ts';
import { addSession, readSession } from '../../support/live-sessions.ts';
import { createMemoryPorts, type MemoryPorts } from '../../support/memory-ports.ts';
import { administrator, machineId } from '../../support/sample-machine.ts';

const ending = { actor: { ...administrator, kind: 'user' }, reason: 'revoked' } as const;
const unavailable = (code: 'key_vault_unavailable' | 'store_unavailable') => async () => {
  throw new AppError(code, 'not now');
};

let memory: MemoryPorts;
beforeEach(() => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
});
const cut = () => memory.bus.toProxies.map(({ data }) => 'sessionId' in data && data.sessionId);

describe('ending all sessions of a machine', () => {
  it('finds the live one among more that did not open than a list shows', async () => {
    await addSession(memory, '2222222222222222');
    for (let number = 0; number < 1_100; number += 1)
      await addSession(memory, `z${String(number).padStart(15, '0')}`, { state: 'failed' });
    expect(await revokeSessions(memory.ports, ending, machineId)).toBe(1);
    expect(await readSession(memory, '2222222222222222')).toMatchObject({ state: 'revoked' });
  });

  it('cuts every one of them where nothing can be recorded, and says that it failed', async () => {
    const ids = Array.from({ length: 40 }, (_, number) => `s${String(number).padStart(15, '0')}`);
    for (const id of ids) await addSession(memory, id);
    const ports = {
      ...memory.ports,
      secrets: { ...memory.ports.secrets, getSecret: unavailable('key_vault_unavailable') },
    };
    await expect(revokeSessions(ports, ending, machineId)).rejects.toMatchObject({
      code: 'key_vault_unavailable',
    });
    expect(new Set(cut())).toEqual(new Set(ids));
  });

  it('cuts where the database takes no word of it', async () => {
    await addSession(memory, '2222222222222222');
    const ports = {
      ...memory.ports,
      store: { ...memory.ports.store, commit: unavailable('store_unavailable') },
    };
    await expect(revokeSessions(ports, ending, machineId)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(cut()).toEqual(['2222222222222222']);
  });
});
