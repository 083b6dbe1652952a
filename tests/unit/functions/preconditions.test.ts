import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerExtension } from '#functions/http/extension.ts';
import { registerMachines } from '#functions/http/machines.ts';
import { registerSessions } from '#functions/http/sessions.ts';
import { policyOf, readSettings } from '#functions/settings.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineFacts } from '#shared/domain/machine.ts';
import { preconditionsReply, type problem } from '#shared/protocol/api.ts';
import { installRequest } from '#shared/protocol/install-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, environment, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { goodFacts } from '../../support/precondition-cases.ts';
import {
  addMachine,
  administrator,
  grant,
  machineId,
  reportServing,
  resourceId,
} from '../../support/sample-machine.ts';

/** What Durable was asked for. */
const durable = vi.hoisted(() => ({ started: [] as string[] }));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async startNew(name: string) {
      durable.started.push(name);
    },
    async getStatus() {
      const error = { code: 'agent_offline', detail: 'no agent has enrolled' };
      return { runtimeStatus: 'Completed', output: { opened: false, error } };
    },
  }),
}));

let clock: ManualClock;
let memory: MemoryPorts;
registerMachines(() => memory.ports);
registerExtension(() => memory.ports);
registerSessions(() => memory.ports);

const reader = { id: '00000000-0000-4000-8000-0000000000c2', name: 'reader@example.test' };
const tokenOf = ({ name }: { name: string }): string => name.split('@')[0] ?? '';

beforeEach(async () => {
  clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
  memory = createMemoryPorts(clock);
  durable.started.length = 0;
  await addMachine(memory);
  for (const caller of [administrator, reader])
    memory.callers.set(tokenOf(caller), { ...caller, tenantId, isApplication: false, roles: [] });
  memory.roles.held.set(administrator.id, {
    grants: [
      grant('Everything here', {
        actions: ['*'],
        dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'],
      }),
    ],
    denials: [],
  });
  memory.roles.held.set(reader.id, { grants: [grant('Reader', { actions: ['*/read'] })], denials: [] });
});

const report = (changes: Partial<MachineFacts>) =>
  memory.resources.machines.set(resourceId.toLowerCase(), { ...goodFacts.arc, ...changes });

/** A problem is text of its own media type: read here like the rest. */
async function call(name: string, method: string, body?: object, caller = administrator) {
  const answer = await callFunction(name, {
    method,
    params: { id: machineId },
    headers: { authorization: `Bearer ${tokenOf(caller)}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const reply = typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body;
  return {
    status: answer.status,
    reply: reply as ReturnType<typeof problem.parse> & Record<string, unknown>,
  };
}
const read = async () => preconditionsReply.parse((await call('getPreconditions', 'GET')).reply);
const install = (body: object = {}) => call('installExtension_put', 'PUT', body);
const connect = (caller = administrator) => call('connect', 'POST', { service: 'WAC' }, caller);
const auditsOf = async () =>
  (await memory.store.list(machineId, 'audit', 10)).map(({ action, outcome, detail }) => [
    action,
    outcome,
    detail,
  ]);

describe('the requirements of a machine', () => {
  it('requirement 21: are all read with their outcome and how much each matters', async () => {
    const { met, preconditions } = await read();
    expect(met).toBe(true);
    expect(preconditions.map(({ code }) => code)).toContain('zone_resolvable');
    expect(preconditions.every((one) => one.met)).toBe(true);
  });

  it('C8: are met when all that is left is a warning', async () => {
    report({ agentVersion: '1.30' });
    const { met, preconditions } = await read();
    expect(met).toBe(true);
    expect(preconditions.filter((one) => !one.met)).toMatchObject([
      { code: 'arc_agent_recommended', severity: 'warning' },
    ]);
    expect((await install()).status).toBe(202);
  });

  it('requirement 21: ask whether the names of the zone resolve, and say what is wrong with it', async () => {
    memory.publicDns.faults.push('wac.test is delegated to ns9.test, which is not one of its servers');
    const { met, preconditions } = await read();
    expect(met).toBe(false);
    expect(preconditions.find(({ code }) => code === 'zone_resolvable')).toMatchObject({
      met: false,
      found: 'wac.test is delegated to ns9.test, which is not one of its servers',
      needed: 'wac.test delegated to its own servers, each of which answers for it',
    });
  });

  it('requirement 22: tell what the agent of the machine does not reach, as a warning', async () => {
    const unreachable = [{ host: 'relay.test', reason: 'timed out' }];
    await reportServing(memory, { egress: { checkedAt: '2026-10-01T12:00:00.000Z', unreachable } });
    const { met, preconditions } = await read();
    expect(met).toBe(true);
    expect(preconditions.find(({ code }) => code === 'outbound_reach')).toMatchObject({
      met: false,
      severity: 'warning',
      found: 'relay.test: timed out',
    });
  });

  it('have a finding, not an error, when no DNS answers', async () => {
    const silence = new AppError('dns_unavailable', 'delegation of wac.test: ETIMEOUT');
    memory.faults.fail('publicDns.checkDelegation', silence);
    const { met, preconditions } = await read();
    expect(met).toBe(false);
    expect(preconditions.filter((one) => !one.met).map(({ code }) => code)).toEqual(['zone_resolvable']);
  });

  it('follow the settings: requirements 19 and 20', async () => {
    const settings = { ADMIN_CENTER_REGIONS: 'northeurope', ADMIN_CENTER_ARC_AGENT_MINIMUM: '1.60' };
    memory.ports.policy = policyOf(readSettings({ ...environment, ...settings }));
    const { preconditions } = await read();
    expect(preconditions.filter((one) => !one.met).map(({ code }) => code)).toEqual([
      'region',
      'arc_agent_version',
    ]);
  });
});

describe('an install', () => {
  it('requirements 21 and 24: is refused with every failure, and its record says which they are', async () => {
    report({ osName: 'Windows Server 2012 R2 Standard', memoryBytes: 1024 ** 3, agentVersion: '1.36.1' });
    const { status, reply } = await install();
    expect(status).toBe(422);
    expect(reply).toMatchObject({
      code: 'precondition_unmet',
      preconditions: [
        { code: 'operating_system', found: 'Windows Server 2012 R2 Standard' },
        { code: 'memory', found: '1 GiB', needed: '3 GiB' },
        { code: 'arc_agent_version', found: '1.36.1' },
      ],
    });
    expect(durable.started).toEqual([]);
    const [audit] = await auditsOf();
    expect(audit?.slice(0, 2)).toEqual(['install begin', 'refused']);
    for (const rule of ['operating system is supported', 'enough memory', 'Arc agent is new enough'])
      expect(audit?.[2]).toContain(rule);
  });

  it('requirement 25: carries no feed of extensions', async () => {
    for (const name of ['feed', 'feeds', 'extensionFeed', 'extensions']) {
      const { status, reply } = await install({ [name]: 'https://feed.test' });
      expect([status, reply.code]).toEqual([400, 'invalid_request']);
    }
    expect(Object.keys(installRequest.shape).toSorted()).toEqual([
      'consent',
      'direct',
      'keys',
      'newName',
      'port',
      'proxy',
      'signIn',
    ]);
  });
});

describe('a connect', () => {
  it('C8: to a machine whose agent is now a blocked version is refused, with a record', async () => {
    report({ agentVersion: '1.35.1' });
    const { status, reply } = await connect();
    expect(status).toBe(422);
    expect(reply).toMatchObject({
      code: 'precondition_unmet',
      preconditions: [{ code: 'arc_agent_version', found: '1.35.1' }],
    });
    expect(durable.started).toEqual([]);
    expect((await auditsOf())[0]?.slice(0, 2)).toEqual(['session open', 'refused']);
  });

  it('requirement 19: to a machine that is in another cloud now is refused', async () => {
    report({ cloud: 'AzureUSGovernment' });
    expect((await connect()).reply).toMatchObject({ preconditions: [{ code: 'public_cloud' }] });
  });

  it('to a machine that is not connected, or that warnings are about, is left to the flow', async () => {
    report({ status: 'Disconnected', agentVersion: '1.30', memoryBytes: 1 });
    expect((await connect()).reply).toMatchObject({ code: 'agent_offline' });
    expect(durable.started).toHaveLength(1);
  });

  it('reads the facts at most once in ten minutes', async () => {
    await connect();
    report({ agentVersion: '1.35.1' });
    clock.advance(5 * 60_000 - 1);
    expect((await connect()).reply).toMatchObject({ code: 'agent_offline' });
    clock.advance(5 * 60_000 + 1);
    expect((await connect()).reply).toMatchObject({ code: 'precondition_unmet' });
  });

  it('by somebody who may not is told nothing of the requirements', async () => {
    report({ agentVersion: '1.35.1' });
    expect((await connect(reader)).reply).toMatchObject({ code: 'agent_offline' });
    expect(durable.started).toHaveLength(1);
  });

  it('that is refused is no more than ten flows a minute and one record beside them, however often it is tried', async () => {
    for (let count = 0; count < 10; count += 1) await connect(reader);
    for (let count = 0; count < 5; count += 1)
      expect(await connect(reader)).toMatchObject({
        status: 403,
        reply: { code: 'access_denied', condition: 'role' },
      });
    expect(durable.started).toHaveLength(10);
    expect(await auditsOf()).toHaveLength(1);
    clock.advance(60_000);
    await connect(reader);
    expect(durable.started).toHaveLength(11);
  });
});

it.each(['a/b', 'a\\b', 'a#b', '../machine', 'x'.repeat(65)])(
  'a session %j is looked for nowhere',
  async (sessionId) => {
    const before = memory.faults.calls('store.read');
    const { status } = await callFunction('getSession', {
      params: { id: machineId, sessionId },
      headers: { authorization: `Bearer ${tokenOf(administrator)}` },
    });
    expect(status).toBe(404);
    // The machine alone.
    expect(memory.faults.calls('store.read') - before).toBe(1);
  },
);
