import { beforeEach, describe, expect, it } from 'vitest';
import { wishesOf } from '#functions/install-wishes.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { installRequest } from '#shared/protocol/install-api.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId } from '../../support/memory-ports.ts';
import { administrator, grant } from '../../support/sample-machine.ts';
import { addVirtualMachine, virtualMachine } from '../../support/virtual-machine.ts';

const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers/Microsoft.Network/networkSecurityGroups/vm-01-nsg`;
const write = 'Microsoft.Network/networkSecurityGroups/securityRules/write';
const address = '203.0.113.7';
const sources = ['198.51.100.0/24'];
const reach = { mode: 'direct', address, isPublic: true, listenOn: '10.0.0.4' } as const;
const ours = { ruleId: `${group}/securityRules/PortForWAC`, isOurs: true, port: 6516, sources };
const installed: Partial<MachineDocument> = {
  reach,
  portRule: ours,
  extension: { state: 'installed', port: 6516, installedAt: '2026-10-01T12:00:00.000Z' },
};

let memory: MemoryPorts;
beforeEach(async () => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  await addVirtualMachine(memory);
});

const wish = (body: object, changes: Partial<MachineDocument> = {}) =>
  wishesOf(memory.ports, { ...virtualMachine, ...changes }, installRequest.parse(body), administrator);
const allow = (action: string, scope: string) =>
  memory.roles.held.set(administrator.id, {
    grants: [grant('Own', { actions: [action] }, scope)],
    denials: [],
  });
const refused = { code: 'access_denied', facts: { missingAction: write, group } };

describe('the right to open a port', () => {
  it('is that of who asks, at the group: the right to install is not enough', async () => {
    await expect(wish({ direct: { address, sources } })).rejects.toMatchObject(refused);
    await expect(wish({ direct: { address, openToAnyone: true } })).rejects.toMatchObject(refused);
    allow(write, group);
    expect(await wish({ direct: { address, sources } })).toMatchObject({ sources });
    allow('Microsoft.Network/*', `/subscriptions/${subscriptionId}/resourceGroups/rg-local`);
    expect(await wish({ direct: { address, openToAnyone: true } })).toMatchObject({ sources: 'any' });
  });

  it('is not had by a role at another group', async () => {
    allow(write, `${group}-other`);
    await expect(wish({ direct: { address, sources } })).rejects.toMatchObject(refused);
  });

  it('is not asked for where no rule is written', async () => {
    expect(await wish({ direct: { address } })).toMatchObject({ reach });
    expect(await wish({ port: 6516 }, installed)).toMatchObject({ port: 6516 });
    expect(await wish({ port: 443, direct: null }, installed)).toMatchObject({ port: 443 });
    expect(await wish({ port: 443 }, { ...installed, portRule: { ...ours, isOurs: false } })).toMatchObject({
      port: 443,
    });
    const [place] = memory.network.addresses.get(virtualMachine.resourceId.toLowerCase()) ?? [];
    if (!place) throw new Error('no address');
    const { interfaceGroup: _, ...bare } = { ...place, address };
    memory.network.addresses.set(virtualMachine.resourceId.toLowerCase(), [bare]);
    expect(await wish({ direct: { address, sources } })).toMatchObject({ sources });
  });

  it('is asked for where a rule of ours goes along with another port or address', async () => {
    await expect(wish({ port: 3389 }, installed)).rejects.toMatchObject(refused);
    await expect(wish({ direct: { address: '10.0.0.4' } }, installed)).rejects.toMatchObject(refused);
  });
});
