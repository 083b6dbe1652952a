import { DefaultAzureCredential } from '@azure/identity';
import { type ArmClient, createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmMachineExtension, type Delivery } from '#shared/adapters/azure/arm-machine-extension.ts';
import type { MachineExtension } from '#shared/ports/resource-manager.ts';
import { type Cloud, call, groupId, machineId, seed, versions } from '../contract/resource-manager/cloud.ts';
import { createMemoryMachineExtension } from './memory-machine-extension.ts';

export const vm = `${groupId}/providers/Microsoft.Compute/virtualMachines/vm1`;
export const cluster = `${groupId}/providers/Microsoft.AzureStackHCI/clusters/cluster1`;

const provisioned = { provisioningState: 'Succeeded' };
const linuxDisk = { storageProfile: { osDisk: { osType: 'Linux' } } };

/** An Arc machine, a virtual machine and a cluster whose connectivity is not enabled yet. */
export const extensionSeed = [
  ...seed,
  { id: vm, body: { location: 'westeurope', properties: { ...provisioned, ...linuxDisk } } },
  { id: cluster, body: { location: 'westeurope', properties: provisioned } },
  {
    id: `${cluster}/arcSettings/default`,
    body: { properties: { connectivityProperties: { enabled: false } } },
  },
];

const hash = (digit: string) => digit.repeat(64);
const agentPackage = {
  url: 'https://api.example/api/agent/package',
  hashes: async () => ({
    'install.sh': hash('1'),
    'uninstall.sh': hash('2'),
    'install.ps1': hash('3'),
    'uninstall.ps1': hash('4'),
    SHA256SUMS: hash('5'),
  }),
};

export const deliveries = {
  handler: {
    kind: 'handler',
    publisher: 'Microsoft.AdminCenter',
    type: 'AdminCenter',
    oldestVersion: '0.0.0.169',
  },
  'custom-script': { kind: 'custom-script', agentPackage },
  'run-command': { kind: 'run-command', agentPackage },
} as const satisfies Record<string, Delivery>;

interface Goal {
  name: string;
  sequence: number;
  deleting: boolean;
}
type Outcome = 'success' | 'error';

/** A machine that the stand-in tells what to have. */
export function machineOf(cloud: Cloud, resourceId: string) {
  const client = () => cloud.clientOf({ xms_mirid: resourceId });
  const twin = `${resourceId}/providers/Microsoft.LocalTwin`;
  const reported = new Set<string>();
  const goals = async () => {
    const { body } = await call(client(), 'get', `${twin}/goalState/default`, versions.twin);
    return body as { sequence: number; extensions: Goal[]; runCommands: Goal[] };
  };
  const report = async (what: string, goal: Goal, status: Outcome, version: string) => {
    const key = `${what} ${goal.name} ${goal.sequence}`;
    if (reported.has(key)) return;
    reported.add(key);
    const said = { sequence: goal.sequence, status, message: `it ended with ${status}`, version };
    const body = goal.deleting ? { ...said, status: 'success', removed: true } : said;
    await call(client(), 'put', `${twin}/${what}/${goal.name}`, versions.twin, { body });
  };
  return {
    goals,
    /** Does what it was told and reports; each goal once. */
    async play(status: Outcome = 'success', version = '0.0.0.203') {
      const { extensions, runCommands } = await goals();
      for (const goal of extensions) await report('extensionStatus', goal, status, version);
      for (const goal of runCommands) await report('runCommandStatus', goal, status, version);
    },
  };
}

export interface ExtensionSubject {
  name: string;
  resourceId: string;
  open(cloud: Cloud): { extension: MachineExtension; play(status?: Outcome): Promise<void> };
}

export const armOf = (cloud: Cloud): ArmClient =>
  createArmClient({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com/',
    credential: new DefaultAzureCredential(),
  });

const machines = [
  ['an Arc machine', machineId],
  ['a virtual machine', vm],
  ['a cluster', cluster],
] as const;

/** Every kind of machine with every delivery. */
export const armSubjects: readonly ExtensionSubject[] = Object.entries(deliveries).flatMap(
  ([kind, delivery]) =>
    machines.map(([machine, resourceId]) => ({
      name: `${machine}, by ${kind}`,
      resourceId,
      open: (cloud: Cloud) => ({
        extension: createArmMachineExtension({ arm: armOf(cloud), delivery }),
        play: machineOf(cloud, resourceId).play,
      }),
    })),
);

export const memorySubject: ExtensionSubject = {
  name: 'the memory',
  resourceId: machineId,
  open: () => ({ extension: createMemoryMachineExtension(), play: async () => {} }),
};
