import { beforeEach, describe, expect, it } from 'vitest';
import { registerAddresses } from '#functions/http/addresses.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { addressesReply } from '#shared/protocol/install-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, machineId } from '../../support/sample-machine.ts';
import { rule } from '../../support/security-rules.ts';
import { addVirtualMachine, setGroups, virtualMachine } from '../../support/virtual-machine.ts';

let memory: MemoryPorts;
registerAddresses(() => memory.ports);

beforeEach(async () => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });
  await addVirtualMachine(memory);
});

const ask = async (query: Record<string, string> = {}, id = virtualMachine.machineId) =>
  callFunction('getAddresses', {
    path: `/?${new URLSearchParams(query)}`,
    params: { id },
    headers: { authorization: 'Bearer token', 'x-forwarded-for': '198.51.100.9:50000' },
  });

describe('the addresses of a machine', () => {
  it('requirement 83: are those that its user may choose from, each with what it takes', async () => {
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(addressesReply.parse(body)).toMatchObject({
      port: 6516,
      value: [
        { address: '10.0.0.4', isPublic: false, isRecommended: true, isOpen: true },
        { address: '203.0.113.7', isPublic: true, isRecommended: false, isOpen: false },
      ],
    });
  });

  it('requirement 136: come with the caller’s own address, and are judged for it', async () => {
    setGroups(memory, [rule({ sources: ['198.51.100.9'], destinationPorts: ['6516'] })]);
    const { body } = await ask();
    const reply = addressesReply.parse(body);
    expect(reply.yourAddress).toBe('198.51.100.9');
    expect(reply.value.map(({ isOpen }) => isOpen)).toEqual([true, true]);
  });

  it('are judged for the port that is asked about, else for that of the install', async () => {
    const extension = { state: 'installed', port: 7000 } as const;
    await memory.store.commit(virtualMachine.machineId, [{ put: { ...virtualMachine, extension } }]);
    setGroups(memory, [rule({ destinationPorts: ['443'] })]);
    expect(addressesReply.parse((await ask()).body)).toMatchObject({
      port: 7000,
      value: [{}, { isOpen: false }],
    });
    expect(addressesReply.parse((await ask({ port: '443' })).body)).toMatchObject({
      port: 443,
      value: [{}, { isOpen: true }],
    });
  });

  it.each(['0', '65536', 'x', '-1', '6516.5', ''])('are not judged for port %j', async (port) => {
    expect(await ask({ port })).toMatchObject({ status: 400 });
  });

  it('are none where Azure does not have the network, and nobody’s business who may not see the machine', async () => {
    await addMachine(memory);
    const { status, body } = await ask({}, machineId);
    expect([status, addressesReply.parse(body).value]).toEqual([200, []]);
    expect(await ask()).toMatchObject({ status: 404 });
  });
});
