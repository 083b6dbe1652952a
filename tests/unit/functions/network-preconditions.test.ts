import { beforeEach, describe, expect, it } from 'vitest';
import { registerMachines } from '#functions/http/machines.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { preconditionsReply } from '#shared/protocol/api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, machineId } from '../../support/sample-machine.ts';
import { rule } from '../../support/security-rules.ts';
import { addVirtualMachine, setGroups, virtualMachine } from '../../support/virtual-machine.ts';

let memory: MemoryPorts;
registerMachines(() => memory.ports);

beforeEach(() => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  memory.callers.set('token', { ...administrator, tenantId, isApplication: false, roles: [] });
});

const call = (query: Record<string, string> = {}, id = virtualMachine.machineId) =>
  callFunction('getPreconditions', {
    path: `/?${new URLSearchParams(query)}`,
    params: { id },
    headers: { authorization: 'Bearer token' },
  });
async function resultOf(code: string, query: Record<string, string> = {}) {
  const { body } = await call(query);
  return preconditionsReply.parse(body).preconditions.find((one) => one.code === code);
}

describe('the network of a virtual machine', () => {
  it('requirement 35: that blocks everything outbound is told before an install, and refuses nothing', async () => {
    await addVirtualMachine(memory);
    setGroups(memory, [rule({ access: 'Deny', direction: 'Outbound', priority: 200 })]);
    expect(await resultOf('outbound_rules')).toMatchObject({
      met: false,
      severity: 'warning',
      remedy: expect.stringContaining('az network nsg rule create'),
    });
    expect(preconditionsReply.parse((await call()).body).met).toBe(true);
  });

  it('is judged for the address and port that are asked about, else for those of the install', async () => {
    const reach = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;
    const changes: Partial<MachineDocument> = { reach, extension: { state: 'installed', port: 7000 } };
    await addVirtualMachine(memory, changes);
    setGroups(memory, [rule({ destinationPorts: ['443'] })]);
    expect(await resultOf('inbound_rules')).toMatchObject({
      met: false,
      needed: expect.stringContaining('7000'),
    });
    const asked = { direct: '203.0.113.7', port: '443' };
    expect(await resultOf('inbound_rules', asked)).toMatchObject({ met: true });
    expect(await resultOf('inbound_rules', { direct: '10.0.0.4' })).toMatchObject({ met: true });
  });

  it('is not judged for browsers that come through the proxy, nor for what is no address', async () => {
    await addVirtualMachine(memory);
    expect(await resultOf('inbound_rules')).toBeUndefined();
    for (const query of [{ direct: 'vm-01' }, { port: '0' }, { other: 'x' }])
      expect(await call(query as Record<string, string>)).toMatchObject({ status: 400 });
  });

  it('is not known where the app may not read it, and that refuses nothing', async () => {
    await addVirtualMachine(memory);
    memory.faults.fail(
      'network.addressesOf',
      new AppError('resource_manager_refused', '403 AuthorizationFailed'),
    );
    expect(await resultOf('outbound_rules')).toMatchObject({ met: true, severity: 'info' });
    expect(preconditionsReply.parse((await call()).body).met).toBe(true);
  });

  it('is not asked about for a machine elsewhere', async () => {
    await addMachine(memory);
    const { body } = await call({ direct: '10.0.0.4' }, machineId);
    const codes = preconditionsReply.parse(body).preconditions.map(({ code }) => code);
    expect(codes.filter((code) => code.endsWith('bound_rules'))).toEqual([]);
    expect(memory.faults.calls('network.addressesOf')).toBe(0);
  });
});
