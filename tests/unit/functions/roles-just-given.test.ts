import { beforeEach, describe, expect, it } from 'vitest';
import { registerEndpoint } from '#functions/http/endpoint.ts';
import { registerMachineList } from '#functions/http/machine-list.ts';
import { registerMachines } from '#functions/http/machines.ts';
import { rememberRoles } from '#functions/remembered-roles.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, grant, machineId } from '../../support/sample-machine.ts';

let clock: ManualClock;
let memory: MemoryPorts;
registerMachines(() => memory.ports);
registerMachineList(() => memory.ports);
registerEndpoint(() => memory.ports);

const reader = grant('Reader', { actions: ['*/read'] });
const contributor = grant('Contributor', { actions: ['*'] });
const wac = grant('WAC', { dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'] });
const hold = (...grants: (typeof reader)[]) =>
  memory.roles.held.set(administrator.id, { grants, denials: [] });

beforeEach(async () => {
  clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
  memory = createMemoryPorts(clock);
  // As in production: what was read is remembered.
  memory.ports.roles = rememberRoles(memory.ports.roles, clock.now);
  memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });
  await addMachine(memory);
  hold();
});

const call = (name: string, method = 'GET', headers: Record<string, string> = {}) =>
  callFunction(name, {
    method,
    params: { id: machineId },
    headers: { authorization: 'Bearer token', ...headers },
    ...(method === 'PUT' && { body: '{"properties":{"type":"default"}}' }),
  });
const shown = async () => (await call('getMachine')).body as { may: Record<string, { allowed: boolean }> };
const readings = () => memory.faults.calls('roles.rolesIn');

describe('a role that was just given', () => {
  it('shows the machine after two seconds, and a stranger costs one reading in that time', async () => {
    for (let count = 0; count < 10; count += 1) expect((await call('getMachine')).status).toBe(404);
    expect(readings()).toBe(1);
    hold(reader);
    expect((await call('getMachine')).status).toBe(404);
    clock.advance(2_000);
    expect((await call('getMachine')).status).toBe(200);
  });

  it('lets somebody act who was refused two seconds before', async () => {
    hold(reader);
    expect(await call('putEndpoint', 'PUT')).toMatchObject({
      status: 403,
      body: expect.stringContaining('"Microsoft.HybridCompute/machines/extensions/write"'),
    });
    hold(contributor);
    clock.advance(2_000);
    expect((await call('putEndpoint', 'PUT')).status).toBe(200);
  });

  it('is shown on the machine’s page within ten seconds, which a page that is open does not ask for more often', async () => {
    hold(reader);
    expect((await shown()).may).toMatchObject({ connect: { allowed: false } });
    hold(reader, wac);
    clock.advance(9_999);
    expect((await shown()).may).toMatchObject({ connect: { allowed: false } });
    expect(readings()).toBe(1);
    clock.advance(1);
    expect((await shown()).may).toMatchObject({ connect: { allowed: true } });
  });

  it('shows the machine in the list of somebody who asks for it as it is now', async () => {
    const total = async (headers: Record<string, string>) =>
      ((await call('listMachines', 'GET', headers)).body as { total: number }).total;
    const now = { 'cache-control': 'no-cache' };
    expect(await total(now)).toBe(0);
    hold(reader);
    clock.advance(2_000);
    expect(await total({})).toBe(0);
    expect(await total(now)).toBe(1);
  });
});

describe('a role that was taken away', () => {
  it('requirement 96: lets nobody act after a minute', async () => {
    hold(contributor);
    expect((await shown()).may).toMatchObject({ install: { allowed: true } });
    hold();
    clock.advance(60_000);
    expect((await call('getMachine')).status).toBe(404);
  });
});

describe('when Azure Resource Manager is silent', () => {
  const silence = () => new AppError('resource_manager_unavailable', 'no answer');

  it('what it said within a minute holds; after that nobody can say', async () => {
    hold(contributor);
    expect((await call('getMachine')).status).toBe(200);
    memory.faults.fail('roles.rolesIn', silence());
    clock.advance(59_999);
    expect((await call('getMachine')).status).toBe(200);
    clock.advance(1);
    expect(await call('getMachine')).toMatchObject({
      status: 503,
      body: expect.stringContaining('"code":"access_undecided"'),
    });
  });

  it('of the tenant, nobody can say either', async () => {
    hold(contributor);
    memory.faults.fail('resources.tenantOf', silence());
    expect(await call('getMachine')).toMatchObject({
      status: 503,
      body: expect.stringContaining('"code":"access_undecided"'),
    });
  });

  it('a refusal of a moment ago is given again, and tells a stranger nothing', async () => {
    expect((await call('getMachine')).status).toBe(404);
    memory.faults.fail('roles.rolesIn', silence());
    clock.advance(5_000);
    expect((await call('getMachine')).status).toBe(404);
  });

  it('and does not let the app read roles, that is said by its own name', async () => {
    const refusal = new AppError('resource_manager_refused', 'no', { facts: { armStatus: 403 } });
    memory.faults.fail('roles.rolesIn', refusal);
    expect(await call('getMachine')).toMatchObject({
      status: 502,
      body: expect.stringContaining('"code":"roles_unreadable"'),
    });
  });
});
