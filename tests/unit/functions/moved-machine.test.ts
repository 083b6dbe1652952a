import { beforeEach, describe, expect, it } from 'vitest';
import { registerMachines } from '#functions/http/machines.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { machineReply } from '#shared/protocol/api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId, tenantId } from '../../support/memory-ports.ts';
import { addMachine, grant, machineId, resourceId } from '../../support/sample-machine.ts';

const clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
const caller = { id: '00000000-0000-4000-8000-0000000000c3', name: 'somebody@example.test' };
const vmId = '5e0b3a4c-0000-4000-8000-000000000001';
const renamed = resourceId.replace('web-01', 'web-02');
const renamedId = machineIdOf(renamed);
let memory: MemoryPorts;
registerMachines(() => memory.ports);

beforeEach(async () => {
  memory = createMemoryPorts(clock);
  memory.callers.set('token', { ...caller, tenantId, isApplication: false, roles: [] });
  const actions = ['Microsoft.HybridCompute/machines/read'];
  const scope = `/subscriptions/${subscriptionId}`;
  memory.roles.held.set(caller.id, { grants: [grant('Reader', { actions }, scope)], denials: [] });
  await addMachine(memory);
  await memory.store.commit(machineId, [{ remove: 'machine' }]);
  const facts = memory.resources.machines.get(resourceId.toLowerCase());
  if (facts) memory.resources.machines.set(resourceId.toLowerCase(), { ...facts, vmId });
});

async function call(name: string, method: string, id: string, body?: object) {
  const answer = await callFunction(name, {
    method,
    params: { id },
    headers: { authorization: 'Bearer token' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const told: unknown = typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body;
  return { status: answer.status, body: machineReply.parse(told) };
}
const add = (id: string) => call('addMachine', 'POST', '', { resourceId: id });
const get = async (id: string) => (await call('getMachine', 'GET', id)).body;

describe('a machine that was renamed', () => {
  it('is shown by its new id with the one that it had, and by that with the new one', async () => {
    expect((await add(resourceId)).status).toBe(201);
    const facts = memory.resources.machines.get(resourceId.toLowerCase());
    memory.resources.machines.clear();
    if (facts) memory.resources.machines.set(renamed.toLowerCase(), facts);
    expect(await add(renamed)).toMatchObject({ status: 201, body: { movedFrom: machineId, name: 'web-02' } });
    expect(await add(renamed)).toMatchObject({ status: 200, body: { movedFrom: machineId } });
    expect(await get(machineId)).toMatchObject({
      movedTo: renamedId,
      goneSince: '2026-10-01T12:00:00.000Z',
      state: 'gone',
    });
  });

  it('is no other machine for it: what has never moved says nothing of it', async () => {
    await add(resourceId);
    const shown = await get(machineId);
    for (const member of ['movedTo', 'movedFrom', 'goneSince']) expect(shown).not.toHaveProperty(member);
    expect(shown.extension).not.toHaveProperty('removedSince');
    expect(JSON.stringify(shown)).not.toContain(vmId);
  });
});
