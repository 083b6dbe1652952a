import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, describe, expect, it } from 'vitest';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmHybridConnectivity } from '#shared/adapters/azure/arm-hybrid-connectivity.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { createArmMachineNetwork } from '#shared/adapters/azure/arm-machine-network.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import { type Cloud, groupId, seed, startCloud } from './cloud.ts';

const vm = `${groupId}/providers/Microsoft.Compute/virtualMachines/sized`;
const arc = `${groupId}/providers/Microsoft.HybridCompute/machines/computer`;
const cluster = `${groupId}/providers/Microsoft.AzureStackHCI/clusters/reported`;

const computers = {
  vm: '5e0b3a4c-0000-4000-8000-000000000001',
  arc: '5e0b3a4c-0000-4000-8000-000000000002',
};

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
            vmId: computers.vm,
            provisioningState: 'Succeeded',
            hardwareProfile: { vmSize: 'Standard_B1ms' },
            storageProfile: { osDisk: { osType: 'Windows' }, imageReference },
          },
        },
      },
      {
        id: arc,
        body: {
          location: 'westeurope',
          properties: { provisioningState: 'Succeeded', status: 'Connected', vmId: computers.arc },
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

const client = () =>
  createArmClient({
    endpoint: cloud.arm.origin,
    audience: cloud.arm.origin,
    credential: new DefaultAzureCredential(),
  });
const resources = () => createArmResourceManager({ arm: client() });

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

  it('have the id of the computer, where the platform has one', async () => {
    expect(await resources().findMachine(vm)).toMatchObject({ vmId: computers.vm });
    expect(await resources().findMachine(arc)).toMatchObject({ vmId: computers.arc });
    expect(await resources().findMachine(cluster)).not.toHaveProperty('vmId');
  });
});

describe('a machine that Azure Resource Manager no longer has', () => {
  it('can be cleaned up after: whatever lay below it is gone, which is success', async () => {
    const gone = `${groupId}/providers/Microsoft.HybridCompute/machines/gone`;
    const extension = createArmMachineExtension({ arm: client() });
    const connectivity = createArmHybridConnectivity({ arm: client() });
    expect(await resources().findMachine(gone)).toBeUndefined();
    await extension.beginRemove(gone);
    expect(await extension.read(gone)).toEqual({ state: 'absent' });
    await connectivity.removeServiceConfiguration(gone, 'WAC');
    await connectivity.removeEndpoint(gone);
    expect(await connectivity.findServiceConfigurations(gone)).toBeUndefined();
    const network = createArmMachineNetwork({ arm: client(), now: Date.now });
    const group = `${groupId}/providers/Microsoft.Network/networkSecurityGroups/gone`;
    await network.closePort(`${group}/securityRules/PortForWAC`, 'a'.repeat(26));
  });
});
