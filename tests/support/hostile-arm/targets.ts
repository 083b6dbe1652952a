import { arcMachine, type SeedResource } from '#local/resource-manager/seeds.ts';
import { virtualMachine } from '#local/samples/other-kinds.ts';
import * as sample from '#local/samples/sample-data.ts';
import type { InstallWishes } from '#orchestrations/put-together/orchestrator.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import { install } from '../crash/stage.ts';
import { subscriptionId, tenantId } from '../memory-ports.ts';
import { resourceId as arcId } from '../sample-machine.ts';

export const groupId = `/subscriptions/${subscriptionId}/resourceGroups/rg-local`;
export const namespaceId = `${groupId}/providers/Microsoft.Relay/namespaces/relay`;

/** A machine that is installed on, and how. */
export interface Target {
  kind: MachineKind;
  resourceId: string;
  seed: SeedResource[];
  wishes: InstallWishes;
  /** Collections in which anything of an install may be, each with its api-version. */
  collections: readonly (readonly [path: string, apiVersion: string])[];
  /** What is there in the end, as the last two segments of an id. */
  installed: readonly string[];
}

const common = (resourceId: string, apiVersion: string): Target['collections'] => [
  [`${resourceId}/extensions`, apiVersion],
  [`${resourceId}/providers/Microsoft.HybridConnectivity/endpoints`, '2023-03-15'],
  [
    `${resourceId}/providers/Microsoft.HybridConnectivity/endpoints/default/serviceConfigurations`,
    '2023-03-15',
  ],
  [`${namespaceId}/hybridConnections`, '2021-11-01'],
];

const vmId = sample.virtualMachine.resourceId;
const rules = `${groupId}/providers/Microsoft.Network/networkSecurityGroups/${sample.virtualMachine.name}/securityRules`;
const address = '127.0.0.1';

export const targets = {
  /** Through the proxy. */
  arc: {
    kind: 'arc',
    resourceId: arcId,
    seed: [
      arcMachine({
        groupId,
        name: 'web-01',
        location: 'westeurope',
        osType: 'windows',
        osSku: 'Windows Server 2022 Datacenter',
        osVersion: '10.0.20348.1',
        memoryBytes: 8 * 1024 ** 3,
        cores: 2,
        agentVersion: '1.53.03132.2775',
        principalId: '00000000-0000-4000-8000-0000000000d1',
        tenantId,
      }),
    ],
    wishes: install,
    collections: common(arcId, '2024-07-10'),
    installed: ['extensions/admincenter', 'serviceconfigurations/wac', 'hybridconnections/<name>'],
  },
  /** In direct mode, with a rule that lets one address in. */
  'azure-vm': {
    kind: 'azure-vm',
    resourceId: vmId,
    seed: virtualMachine('westeurope'),
    wishes: {
      ...install,
      resourceId: vmId,
      reach: { mode: 'direct', address, isPublic: false, listenOn: address },
      sources: ['198.51.100.7'],
    },
    collections: [...common(vmId, '2024-07-01'), [rules, '2024-05-01']],
    installed: ['extensions/admincenter', 'serviceconfigurations/wac', 'securityrules/portforwac'],
  },
} as const satisfies Record<string, Target>;
export type TargetName = keyof typeof targets;
