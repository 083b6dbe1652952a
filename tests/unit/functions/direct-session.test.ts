import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerSessions } from '#functions/http/sessions.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { connectReply, sessionReply } from '#shared/protocol/api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { administrator } from '../../support/sample-machine.ts';
import { addVirtualMachine, virtualMachine } from '../../support/virtual-machine.ts';

/** How the flow ended. */
const durable = vi.hoisted(() => ({ output: {} as object, sessionId: '' }));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async startNew(_: string, { input }: { input: { sessionId: string } }) {
      durable.sessionId = input.sessionId;
    },
    getStatus: async () => ({ runtimeStatus: 'Completed', output: durable.output }),
  }),
}));

const start = Date.parse('2026-10-01T12:00:00Z');
const { machineId } = virtualMachine;
const machineName = 'a'.repeat(26);
const reach = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;
let clock: ManualClock;
let memory: MemoryPorts;
registerSessions(() => memory.ports);

beforeEach(() => {
  clock = createManualClock(start);
  memory = createMemoryPorts(clock);
  memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });
  durable.output = { opened: true, expiresAt: start / 1000 + 3600 };
});

/** Installed an hour before, with the rule as old as `ruleAgeMs`. */
const install = (port: number, ruleAgeMs: number, changes: Partial<MachineDocument> = {}) =>
  addVirtualMachine(memory, {
    machineName,
    reach,
    extension: { state: 'installed', port, installedAt: new Date(start - 3_600_000).toISOString() },
    portRule: {
      ruleId: '/rule',
      isOurs: true,
      port,
      sources: 'any',
      openedAt: new Date(start - ruleAgeMs).toISOString(),
    },
    ...changes,
  });
const call = (name: string, method: string, params: Record<string, string> = {}) =>
  callFunction(name, {
    method,
    params: { id: machineId, ...params },
    headers: { authorization: 'Bearer token' },
    ...(method === 'POST' && { body: JSON.stringify({ service: 'WAC' }) }),
  });
const connect = async () => {
  const { status, body } = await call('connect', 'POST');
  expect(status).toBe(201);
  return connectReply.parse(body);
};

describe('a connect in direct mode', () => {
  it.each([
    [6516, ':6516'],
    [443, ''],
  ])('leads to the machine’s own port %i', async (port, written) => {
    await install(port, 600_000);
    const { url, advice } = await connect();
    const { host, pathname } = new URL(url);
    expect(host).toMatch(new RegExp(`^[a-z2-7]+\\.${machineName}\\.wac\\.test${written}$`));
    expect(pathname).toBe('/_session');
    expect(advice).toBeUndefined();
  });

  it('through the proxy leads to the port of the proxy, whatever the machine’s is', async () => {
    await install(7000, 600_000, { reach: { mode: 'reverse' } });
    expect(new URL((await connect()).url).port).toBe('');
  });

  it('requirement 115: tells that the rule is younger than two minutes, when it opens and while it is open', async () => {
    await install(6516, 60_000);
    expect((await connect()).advice).toMatch(/rule.*wait a minute or two/);
    const session = {
      type: 'session',
      key: durable.sessionId,
      id: durable.sessionId,
      machineId,
      service: 'WAC',
      user: administrator,
      state: 'open',
      createdAt: start / 1000,
      expiresAt: start / 1000 + 3600,
    } as const;
    await memory.store.commit(machineId, [{ create: session }]);
    const read = async () =>
      sessionReply.parse((await call('getSession', 'GET', { sessionId: durable.sessionId })).body);
    expect(await read()).toMatchObject({ advice: expect.stringContaining('rule') });
    clock.advance(61_000);
    expect(await read()).not.toHaveProperty('advice');
    expect((await read()).url).toContain(':6516/_session');
  });

  it('requirement 115: that fails right after the install says to wait and try again', async () => {
    const extension = {
      state: 'installed',
      port: 6516,
      installedAt: new Date(start - 1000).toISOString(),
    } as const;
    await install(6516, 600_000, { extension });
    durable.output = {
      opened: false,
      error: { code: 'agent_offline', detail: 'away', facts: { lastSeenAt: null } },
    };
    const { status, body } = await call('connect', 'POST');
    expect(status).toBe(503);
    const told = JSON.parse(String(body)) as Record<string, unknown>;
    expect(told).toMatchObject({
      code: 'agent_offline',
      advice: expect.stringMatching(/^The install.*try again/),
    });
    durable.output = { opened: false, error: { code: 'access_denied', detail: 'no' } };
    const denied = JSON.parse(String((await call('connect', 'POST')).body)) as Record<string, unknown>;
    expect(denied).not.toHaveProperty('advice');
  });
});
