import { beforeEach, describe, expect, it } from 'vitest';
import { takeSessionCounts } from '#functions/messages/session-counts.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { revokeSession } from '#orchestrations/revoke-sessions.ts';
import type { SessionCount } from '#shared/protocol/agent-messages.ts';
import { addSession, readSession } from '../../support/live-sessions.ts';
import { createMemoryPorts, type MemoryPorts } from '../../support/memory-ports.ts';
import { addMachine, administrator, machineId } from '../../support/sample-machine.ts';

const id = 'firstaaaaaaaaaaa';
const at = '2026-10-01T12:10:00.000Z';
const count: SessionCount = {
  sessionId: id,
  bytesUp: 1_000,
  bytesDown: 2_000,
  connections: 2,
  lastActiveAt: at,
};
let clock: ManualClock;
let memory: MemoryPorts;

beforeEach(async () => {
  clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
  memory = createMemoryPorts(clock);
  await addMachine(memory);
  await addSession(memory, id);
});

const take = (...sessions: SessionCount[]) => takeSessionCounts(memory.ports, machineId, { sessions, at });
const audits = () => memory.store.list(machineId, 'audit', 10);

describe('what a machine counts in a session', () => {
  it('is shown with it, and makes no record of its own', async () => {
    await take(count);
    expect(await readSession(memory, id)).toMatchObject({
      state: 'open',
      usage: { bytesUp: 1_000, bytesDown: 2_000, connections: 2, reportedAt: at },
    });
    expect(await audits()).toEqual([]);
  });

  it('ends in the audit with bytes, seconds and reason, once however often it is told', async () => {
    const last: SessionCount = { ...count, bytesUp: 1_500, connections: 0, ended: { at, reason: 'expired' } };
    await take(last);
    await take(last);
    expect(await readSession(memory, id)).toMatchObject({
      state: 'ended',
      settled: true,
      end: { at, reason: 'expired' },
    });
    expect(await audits()).toMatchObject([
      {
        action: 'session close',
        actor: { id: machineId, kind: 'agent' },
        session: { sessionId: id, seconds: 600, bytesUp: 1_500, bytesDown: 2_000, endReason: 'expired' },
      },
    ]);
  });

  it('does not change why a session was ended, and by whom', async () => {
    const session = await readSession(memory, id);
    if (!session) throw new Error('the session is there');
    await revokeSession(memory.ports, { actor: administrator, reason: 'right_lost' }, session);
    await take({ ...count, ended: { at, reason: 'revoked' } });
    expect(await readSession(memory, id)).toMatchObject({
      state: 'revoked',
      settled: true,
      end: { reason: 'right_lost', by: { id: administrator.id } },
    });
    expect((await audits()).map(({ action, session: about }) => [action, about?.endReason])).toEqual([
      ['session close', 'right_lost'],
      ['session end', 'right_lost'],
    ]);
  });

  it('never opens again what was ended meanwhile', async () => {
    const session = await readSession(memory, id);
    if (!session) throw new Error('the session is there');
    await Promise.all([
      take(count),
      revokeSession(memory.ports, { actor: administrator, reason: 'revoked' }, session),
      take({ ...count, bytesUp: 3_000 }),
    ]);
    expect(await readSession(memory, id)).toMatchObject({ state: 'revoked', end: { reason: 'revoked' } });
  });

  it('of a session that nobody opened makes none', async () => {
    await take({ ...count, sessionId: 'strangeraaaaaaaa', ended: { at, reason: 'expired' } });
    expect(await readSession(memory, 'strangeraaaaaaaa')).toBeUndefined();
    expect(await audits()).toEqual([]);
  });
});
