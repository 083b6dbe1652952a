import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type ArmClient, parseReply } from '#shared/adapters/azure/arm-client.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import { AppError } from '#shared/domain/error.ts';

const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers';
const vm = `${group}/Microsoft.Compute/virtualMachines/vm-1`;
const cluster = `${group}/Microsoft.AzureStackHCI/clusters/hci-1`;
const sizes = '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Compute/locations';

/** Azure Resource Manager with these resources and lists; an error stands for its refusal. */
function open(answers: Record<string, object | AppError>) {
  const asked: string[] = [];
  const answerTo = (path: string): unknown => {
    asked.push(path);
    const answer = answers[path];
    if (answer instanceof AppError) throw answer;
    return answer ?? {};
  };
  const no = () => Promise.reject(new Error('nothing else is asked for'));
  const arm: ArmClient = {
    send: no,
    follow: no,
    get: async <T>(path: string, _: string, schema: z.ZodType<T>) => parseReply(schema, answerTo(path), path),
    list: async <T>(path: string, _: string, item: z.ZodType<T>) =>
      parseReply(item.array(), answerTo(path), path),
  };
  return { asked, resources: createArmResourceManager({ arm }) };
}

const machine = (properties: object, location = 'westeurope') => ({ location, properties });
const windowsDisk = { osDisk: { osType: 'Windows' } };

describe('the facts of a virtual machine', () => {
  const listed = [
    { name: 'Standard_B1s', memoryInMB: 1024 },
    { name: 'Standard_D2s_v5', memoryInMB: 8192 },
  ];

  it('requirement 18: have the memory of its size, which is asked for once in a region', async () => {
    const sized = (vmSize: string) => machine({ hardwareProfile: { vmSize }, storageProfile: windowsDisk });
    const { asked, resources } = open({
      [vm]: sized('standard_b1s'),
      [`${vm}2`]: sized('Standard_D2s_v5'),
      [`${sizes}/westeurope/vmSizes`]: listed,
    });
    expect((await resources.findMachine(vm))?.memoryBytes).toBe(1024 ** 3);
    expect((await resources.findMachine(`${vm}2`))?.memoryBytes).toBe(8 * 1024 ** 3);
    expect(asked.filter((path) => path.endsWith('vmSizes'))).toHaveLength(1);
  });

  it.each([
    ['is not listed', listed],
    ['may not be read', new AppError('resource_manager_refused', 'AuthorizationFailed')],
  ])('leave the memory open when the size %s', async (_, answer) => {
    const { resources } = open({
      [vm]: machine({ hardwareProfile: { vmSize: 'Standard_New' } }),
      [`${sizes}/westeurope/vmSizes`]: answer,
    });
    expect(await resources.findMachine(vm)).toMatchObject({ memoryBytes: undefined, location: 'westeurope' });
  });

  it.each([
    ['WindowsServer', '2019-Datacenter', undefined, 'Windows Server 2019'],
    ['windowsserver', '2022-datacenter-azure-edition', undefined, 'Windows Server 2022'],
    [
      'WindowsServer',
      '2012-R2-Datacenter',
      'Windows Server 2016 Datacenter',
      'Windows Server 2016 Datacenter',
    ],
    ['Windows-11', '2019-lookalike', undefined, ''],
    ['WindowsServer', 'datacenter-core-20h2', undefined, ''],
  ])(
    'requirement 16: take the system from image %s %s until it is reported: %s',
    async (offer, sku, osName, name) => {
      const storageProfile = { ...windowsDisk, imageReference: { offer, sku } };
      const { resources } = open({ [vm]: machine({ storageProfile, instanceView: { osName } }) });
      expect(await resources.findMachine(vm)).toMatchObject({ osType: 'windows', osName: name });
    },
  );
});

describe('the facts of a cluster', () => {
  it('requirement 27: are its own and those of its smallest node', async () => {
    const nodes = [
      { osName: 'Azure Stack HCI', memoryInGiB: 64 },
      { osName: 'Azure Stack HCI', memoryInGiB: 2.5 },
    ];
    const reportedProperties = { clusterVersion: '10.0.25398', nodes };
    const { resources } = open({ [cluster]: machine({ status: 'ConnectedRecently', reportedProperties }) });
    expect(await resources.findMachine(cluster)).toEqual({
      location: 'westeurope',
      cloud: 'AzureCloud',
      osType: 'windows',
      osName: 'Azure Stack HCI',
      osVersion: '10.0.25398',
      memoryBytes: 2.5 * 1024 ** 3,
      agentVersion: undefined,
      status: 'ConnectedRecently',
    });
  });

  it('leave open what its nodes have not reported', async () => {
    const { resources } = open({ [cluster]: machine({}) });
    expect(await resources.findMachine(cluster)).toMatchObject({
      osName: 'Azure Stack HCI',
      memoryBytes: undefined,
    });
  });
});

describe('the cloud of a machine', () => {
  it.each([
    ['chinanorth3', 'AzureChinaCloud'],
    ['usgovvirginia', 'AzureUSGovernment'],
    ['usdodeast', 'AzureUSGovernment'],
    ['germanycentral', 'AzureGermanCloud'],
    ['germanywestcentral', 'AzureCloud'],
    ['eastus2', 'AzureCloud'],
  ])('requirement 19: is known by its region: %s', async (location, cloud) => {
    const { resources } = open({ [cluster]: machine({}, location) });
    expect((await resources.findMachine(cluster))?.cloud).toBe(cloud);
  });
});
