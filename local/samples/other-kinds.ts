import type { SeedResource } from '#local/resource-manager/seeds.ts';
import * as sample from './sample-data.ts';
import { thisComputer } from './this-computer.ts';

const memoryInGiB = Math.floor(thisComputer.memoryBytes / 1024 ** 3);
const provisioned = { provisioningState: 'Succeeded' };
const identityOf = ({ principalId }: sample.SampleMachine) => ({
  identity: { type: 'SystemAssigned', principalId, tenantId: sample.tenantId },
});

/** A virtual machine whose private address is this computer's loopback, behind a security group of its own. */
export function virtualMachine(location: string): SeedResource[] {
  const { name, resourceId } = sample.virtualMachine;
  const network = `${sample.resourceGroupId}/providers/Microsoft.Network`;
  const group = `${network}/networkSecurityGroups/${name}`;
  const nic = `${network}/networkInterfaces/${name}`;
  const ipConfiguration = {
    name: 'ipconfig1',
    properties: { ...provisioned, primary: true, privateIPAddress: '127.0.0.1' },
  };
  return [
    { id: group, body: { location, tags: {}, properties: { ...provisioned } } },
    {
      id: nic,
      body: {
        location,
        tags: {},
        properties: {
          ...provisioned,
          primary: true,
          networkSecurityGroup: { id: group },
          ipConfigurations: [ipConfiguration],
        },
      },
    },
    {
      id: resourceId,
      body: {
        location,
        tags: {},
        ...identityOf(sample.virtualMachine),
        properties: {
          ...provisioned,
          vmId: '00000000-0000-4000-8000-0000000000f1',
          // The nearest size: memory of a virtual machine is that of its size.
          hardwareProfile: { vmSize: memoryInGiB < 8 ? 'Standard_B2s' : 'Standard_D2s_v5' },
          storageProfile: { osDisk: { osType: 'Linux' } },
          networkProfile: { networkInterfaces: [{ id: nic }] },
        },
      },
    },
  ];
}

/** A cluster of one node, this computer. Connectivity is not enabled yet: the first install does that. */
export function cluster(location: string): SeedResource[] {
  const { name, resourceId } = sample.cluster;
  const node = { name: `${name}-node-1`, osName: 'Azure Stack HCI', memoryInGiB };
  return [
    {
      id: resourceId,
      body: {
        location,
        tags: {},
        ...identityOf(sample.cluster),
        properties: {
          ...provisioned,
          status: 'ConnectedRecently',
          reportedProperties: { clusterName: name, clusterVersion: '10.0.20349', nodes: [node] },
        },
      },
    },
    {
      id: `${resourceId}/arcSettings/default`,
      body: {
        properties: {
          ...provisioned,
          aggregateState: 'Connected',
          connectivityProperties: { enabled: false },
        },
      },
    },
  ];
}
