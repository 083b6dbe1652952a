import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, describe, expect, it } from 'vitest';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import { type Cloud, groupId, seed, startCloud } from './cloud.ts';

const vm = `${groupId}/providers/Microsoft.Compute/virtualMachines/sized`;
const cluster = `${groupId}/providers/Microsoft.AzureStackHCI/clusters/reported`;

let cloud: Cloud;
beforeAll(async () => {
  const imageReference = { offer: 'WindowsServer', sku: '2022-datacenter' };
  cloud = await startCloud({
    seed: [
      ...seed,
      {
        id: vm,
        body: {
          location: 'westeurope',
          properties: {
            provisioningState: 'Succeeded',
            hardwareProfile: { vmSize: 'Standard_B1ms' },
            storageProfile: { osDisk: { osType: 'Windows' }, imageReference },
          },
        },
      },
      {
        id: cluster,
        body: {
          location: 'westeurope',
          properties: {
            provisioningState: 'Succeeded',
            status: 'ConnectedRecently',
            reportedProperties: { clusterVersion: '10.0.25398', nodes: [{ memoryInGiB: 256 }] },
          },
        },
      },
    ],
  });
});

const resources = () =>
  createArmResourceManager({
    arm: createArmClient({
      endpoint: cloud.arm.origin,
      audience: cloud.arm.origin,
      credential: new DefaultAzureCredential(),
    }),
  });

describe('the facts of a machine over the wire', () => {
  it('requirements 16 and 18: of a virtual machine have the memory of its size and the system of its image', async () => {
    expect(await resources().findMachine(vm)).toMatchObject({
      osType: 'windows',
      osName: 'Windows Server 2022',
      memoryBytes: 2 * 1024 ** 3,
      status: 'running',
    });
  });

  it('requirement 27: of a cluster are what its nodes reported', async () => {
    expect(await resources().findMachine(cluster)).toMatchObject({
      osName: 'Azure Stack HCI',
      memoryBytes: 256 * 1024 ** 3,
      status: 'ConnectedRecently',
    });
  });
});
