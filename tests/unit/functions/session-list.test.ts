import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerSessionList } from '#functions/http/session-list.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { endedSessionsReply, type ListedSession, sessionListReply } from '#shared/protocol/session-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { addSession, readSession } from '../../support/live-sessions.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, grant, machineId } from '../../support/sample-machine.ts';

vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({}),
}));

const reads = { actions: ['*/read'] };
const colleague = { id: '00000000-0000-4000-8000-0000000000c2', name: 'colleague@example.test' };
const approver = { id: '00000000-0000-4000-8000-0000000000c3', name: 'approver@example.test' };
const stranger = { id: '00000000-0000-4000-8000-0000000000c4', name: 'stranger@example.test' };
let memory: MemoryPorts;
registerSessionList(() => memory.ports);

beforeEach(async () => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  await addMachine(memory);
  for (const one of [administrator, colleague, approver, stranger])
    memory.callers.set(one.id, { ...one, tenantId, isApplication: false, roles: [] });
  memory.roles.held.set(colleague.id, { grants: [grant('Reader', reads)], denials: [] });
  const assigns = { actions: ['*/read', 'Microsoft.Authorization/roleAssignments/write'] };
  memory.roles.held.set(approver.id, { grants: [grant('User Access Administrator', assigns)], denials: [] });
  await addSession(memory, 'mineaaaaaaaaaaaa');
  await addSession(memory, 'theirsaaaaaaaaaa', { user: colleague, createdAt: 1, from: '203.0.113.9' });
  const end = { at: '2026-10-01T11:50:00.000Z', reason: 'revoked', by: approver } as const;
  await addSession(memory, 'endedaaaaaaaaaaa', { state: 'revoked', createdAt: 0, end });
  await addSession(memory, 'failedaaaaaaaaaa', { state: 'failed' });
});

const call = async (name: string, who: { id: string }, path = '') => {
  const headers = { authorization: `Bearer ${who.id}`, 'x-forwarded-for': '198.51.100.4:5123' };
  const method = name === 'revokeSessions' ? 'DELETE' : 'GET';
  return callFunction(name, { method, params: { id: machineId }, headers, path: `/${path}` });
};
const listed = async (...given: Parameters<typeof call>): Promise<ListedSession[]> =>
  sessionListReply.parse((await call(...given)).body).value;
const ids = async (...given: Parameters<typeof call>) =>
  (await listed(...given)).map(({ sessionId }) => sessionId.replace(/a+$/, ''));

describe.each([
  { name: 'listSessions', toStrangers: { status: 200, body: { value: [] } } },
  { name: 'listMachineSessions', toStrangers: { status: 404 } },
])('$name', ({ name, toStrangers }) => {
  it('shows to its user his own live sessions alone', async () => {
    expect(await ids(name, administrator)).toEqual(['mine']);
    expect(await listed(name, colleague)).toMatchObject([
      { isOwn: true, mayEnd: true, machine: 'web-01', from: '203.0.113.9' },
    ]);
  });

  it('shows those of all to who says who may connect', async () => {
    expect(await ids(name, approver)).toEqual(['mine', 'theirs']);
    expect((await listed(name, approver)).map(({ isOwn }) => isOwn)).toEqual([false, false]);
  });

  it('adds on request those that ended, with why and by whom, and never one that did not open', async () => {
    expect(await ids(name, approver, '?ended=true')).toEqual(['mine', 'theirs', 'ended']);
    expect((await listed(name, administrator, '?ended=true'))[1]).toMatchObject({
      state: 'revoked',
      mayEnd: false,
      end: { reason: 'revoked', by: { name: approver.name } },
    });
  });

  it('tells a stranger nothing', async () => {
    expect(await call(name, stranger)).toMatchObject(toStrangers);
  });

  it('refuses another question', async () => {
    expect((await call(name, administrator, '?ended=perhaps')).status).toBe(400);
  });
});

describe('a session whose time is up and that nobody closed yet', () => {
  it('is no longer live', async () => {
    memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
    await addMachine(memory);
    memory.callers.set(administrator.id, { ...administrator, tenantId, isApplication: false, roles: [] });
    await addSession(memory, 'mineaaaaaaaaaaaa', { createdAt: 1, expiresAt: 2 });
    expect(await ids('listMachineSessions', administrator)).toEqual([]);
    expect(await listed('listMachineSessions', administrator, '?ended=true')).toMatchObject([
      { state: 'ended', mayEnd: false, end: { reason: 'expired', at: '1970-01-01T00:00:02.000Z' } },
    ]);
  });
});

describe('ending all sessions of a machine', () => {
  it('cuts those that live, and says how many and who did it', async () => {
    expect(endedSessionsReply.parse((await call('revokeSessions', approver)).body)).toEqual({ ended: 2 });
    expect(memory.bus.toProxies).toHaveLength(2);
    expect(await readSession(memory, 'mineaaaaaaaaaaaa')).toMatchObject({
      state: 'revoked',
      end: { reason: 'revoked', by: approver },
    });
    const [latest] = await memory.store.list(machineId, 'audit', 1);
    expect(latest).toMatchObject({
      actor: { kind: 'user', ...approver },
      from: '198.51.100.4',
      action: 'session end',
    });
  });

  it('is not for who may only connect or read', async () => {
    for (const who of [administrator, colleague])
      expect((await call('revokeSessions', who)).status).toBe(403);
    expect(memory.bus.toProxies).toEqual([]);
  });
});
