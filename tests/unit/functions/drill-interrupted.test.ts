import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerDrill } from '#functions/http/drill.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { createReplaceFleetActivities } from '#orchestrations/replace-fleet/activities.ts';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import { fleetPartition } from '#shared/domain/documents.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, grant, machine, machineId } from '../../support/sample-machine.ts';

/** The host, as far as it is asked: status by instance, and whether the process dies before it starts one. */
const host = vi.hoisted(() => ({
  instances: new Map<string, { runtimeStatus: string; input: object }>(),
  raised: [] as string[],
  isGone: false,
}));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async startNew(_: string, { instanceId, input }: { instanceId: string; input: object }) {
      if (host.isGone) throw new Error('the process is gone');
      host.instances.set(instanceId, { runtimeStatus: 'Running', input });
    },
    async raiseEvent(instance: string, name: string) {
      if (!host.instances.has(instance)) throw new Error(`404: no instance ${instance}`);
      host.raised.push(`${name} ${instance}`);
    },
    async getStatus(instance: string) {
      const found = host.instances.get(instance);
      if (!found) throw new Error(`404: no instance ${instance}`);
      return found;
    },
  }),
}));

const clock = createManualClock(Date.parse('2026-10-02T12:00:00Z'));
let memory: MemoryPorts;
registerDrill(() => memory.ports);

const installers = ['all', 'some'].map((name, index) => ({
  id: `00000000-0000-4000-8000-0000000000d${index}`,
  name,
}));
const leaf: IssuedLeaf = {
  thumbprint: 'ab',
  serialNumber: '01',
  notBefore: '2026-10-01T12:00:00.000Z',
  notAfter: '2026-12-30T12:00:00.000Z',
  machineName: 'name',
  hostNames: ['name.wac.test', '*.name.wac.test'],
  custody: 'vault',
  version: '1',
  issuedBy: { name: 'authority-test', authority: 'https://authority-test.test/directory', account: 'x' },
  issuedAt: '2026-10-01T12:00:00.000Z',
};
const second = { machineId: `b${machineId.slice(1)}`, resourceId: `${machine.resourceId}-2` };
const permissions = {
  actions: [
    'Microsoft.HybridCompute/machines/read',
    'Microsoft.HybridCompute/machines/extensions/write',
    'Microsoft.HybridConnectivity/endpoints/write',
  ],
};

beforeEach(async () => {
  memory = createMemoryPorts(clock);
  host.instances.clear();
  host.raised.length = 0;
  host.isGone = false;
  await addMachine(memory);
  await memory.store.commit(second.machineId, [{ create: { ...machine, ...second } }]);
  for (const id of [machineId, second.machineId]) {
    const dueAt = '2026-11-30T12:00:00.000Z';
    await memory.store.commit(id, [
      { create: { type: 'certificate', machineId: id, state: 'served', custody: 'vault', leaf, dueAt } },
    ]);
  }
  for (const [index, caller] of installers.entries()) {
    memory.callers.set(caller.name, { ...caller, tenantId, isApplication: false, roles: [] });
    const scopes = [machine.resourceId, second.resourceId].slice(index);
    const grants = scopes.map((scope) => grant('Contributor', permissions, scope));
    memory.roles.held.set(caller.id, { grants, denials: [] });
  }
});

const call = (name: string, options: Parameters<typeof callFunction>[1] = {}, caller = 'all') =>
  callFunction(name, { headers: { authorization: `Bearer ${caller}` }, ...options });
const start = () => call('startDrill_post', { method: 'POST', body: '{}' });
const lock = async () => (await memory.store.read(fleetPartition, 'fleet-lock'))?.document.drillId ?? '';

/** A crash after the lock and the record were written and before the orchestration was started. */
async function startAndCrash(): Promise<string> {
  host.isGone = true;
  expect((await start()).status).toBe(500);
  host.isGone = false;
  return lock();
}

describe('a fleet-wide replacement that a crash left without its orchestration', () => {
  it('is started by whoever looks at it, over the same machines', async () => {
    const id = await startAndCrash();
    expect((await call('getDrill', { params: { drillId: id } })).status).toBe(200);
    const machineIds = expect.arrayContaining([machineId, second.machineId]) as string[];
    expect(host.instances.get(id)?.input).toEqual({ id, machineIds });
  });

  it('is started by whoever asks for another', async () => {
    const id = await startAndCrash();
    expect((await start()).status).toBe(409);
    expect([...host.instances.keys()]).toEqual([id]);
  });

  it('can be called off', async () => {
    const id = await startAndCrash();
    const off = await call('cancelDrill_delete', { method: 'DELETE', params: { drillId: id } });
    expect(off.status).toBe(202);
    expect(host.raised).toEqual([`cancelRequested ${id}`]);
  });
});

describe('a fleet-wide replacement whose orchestration ended without a word', () => {
  it('is called off, and the next one begins', async () => {
    await start();
    const id = await lock();
    await createReplaceFleetActivities(memory.ports).markForReplacement({ id, machineIds: [machineId] });
    host.instances.set(id, { runtimeStatus: 'Failed', input: {} });
    expect((await start()).status).toBe(202);
    expect(await lock()).not.toBe(id);
    expect((await memory.store.read(fleetPartition, 'drill', id))?.document.status).toBe('cancelled');
    const certificate = (await memory.store.read(machineId, 'certificate'))?.document;
    expect(certificate).not.toHaveProperty('replacement');
  });

  it('holds nothing when its record is forgotten', async () => {
    await start();
    await memory.store.commit(fleetPartition, [{ remove: 'drill', key: await lock() }]);
    expect((await start()).status).toBe(202);
  });
});

describe('calling a fleet-wide replacement off', () => {
  it('is refused to who may not install on every machine that is left', async () => {
    await start();
    const id = await lock();
    await createReplaceFleetActivities(memory.ports).markForReplacement({
      id,
      machineIds: [machineId, second.machineId],
    });
    const options = { method: 'DELETE', params: { drillId: id } };
    expect((await call('cancelDrill_delete', options, 'some')).status).toBe(403);
    expect((await call('cancelDrill_delete', options)).status).toBe(202);
  });
});
