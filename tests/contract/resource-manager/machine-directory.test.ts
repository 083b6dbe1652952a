import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { arcMachine, resourceGroup } from '#local/resource-manager/seeds.ts';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmMachineDirectory } from '#shared/adapters/azure/arm-machine-directory.ts';
import type { MachineDirectory } from '#shared/ports/machine-directory.ts';
import { type Cloud, groupId, machineId, seed, startCloud, subscriptionId, tenantId } from './cloud.ts';

const otherGroup = `/subscriptions/${subscriptionId}/resourceGroups/rg-other`;
const template = {
  groupId: otherGroup,
  location: 'westeurope',
  osType: 'linux',
  osSku: 'Debian',
  osVersion: '13',
  memoryBytes: 4 * 1024 ** 3,
  cores: 2,
  agentVersion: '1.60.02000.2',
  principalId: '00000000-0000-4000-8000-0000000000d7',
  tenantId,
} as const;
/** More than one page of the stand-in. */
const many = Array.from({ length: 120 }, (_, index) => arcMachine({ ...template, name: `many-${index}` }));
const tagged = arcMachine({ ...template, name: 'tagged' });

let cloud: Cloud;
let directory: MachineDirectory;
beforeAll(async () => {
  const group = resourceGroup(subscriptionId, 'rg-other', 'westeurope');
  const web = { ...tagged, body: { ...tagged.body, tags: { role: 'web' } } };
  cloud = await startCloud({ seed: [...seed, group, ...many, web] });
  const arm = createArmClient({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com/',
    credential: new DefaultAzureCredential(),
  });
  directory = createArmMachineDirectory({ arm });
});
beforeEach(() => cloud.arm.faults.clear());

const idsBelow = async (scope: string) =>
  (await directory.listMachines(scope)).map(({ resourceId }) => resourceId);

describe('the machines that Azure Resource Manager lists', () => {
  it('are those of a group, all pages of them, and no extensions', async () => {
    expect(await idsBelow(groupId)).toEqual([machineId]);
    expect((await idsBelow(otherGroup)).length).toBe(121);
  });

  it('are those of all groups of a subscription, with their tags', async () => {
    const found = await directory.listMachines(`/subscriptions/${subscriptionId}`);
    expect(found.length).toBe(122);
    expect(found.filter(({ tags }) => tags['role'] === 'web').map(({ resourceId }) => resourceId)).toEqual([
      `${otherGroup}/providers/Microsoft.HybridCompute/machines/tagged`,
    ]);
  });

  it('are none where there is no such group', async () => {
    expect(await idsBelow(`${groupId}-not-there`)).toEqual([]);
  });

  it('are not known while it does not answer', async () => {
    cloud.arm.faults.set('LIST Microsoft.HybridCompute/machines', { status: 403 });
    await expect(directory.listMachines(groupId)).rejects.toMatchObject({ code: 'resource_manager_refused' });
  });
});
