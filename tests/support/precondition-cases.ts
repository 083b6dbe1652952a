import { arcAgentVersions } from '#shared/domain/agent-versions.ts';
import type { MachineFacts, MachineKind } from '#shared/domain/machine.ts';
import { checkPreconditions } from '#shared/domain/precondition.ts';
import type { Circumstances } from '#shared/domain/precondition-rules.ts';

export const gibibyte = 1024 ** 3;
/** A machine that meets every requirement. */
const good: MachineFacts = {
  location: 'westeurope',
  cloud: 'AzureCloud',
  osType: 'windows',
  osName: 'Windows Server 2022 Datacenter',
  osVersion: '10.0.20348',
  memoryBytes: 8 * gibibyte,
  agentVersion: '1.48.02881.1941',
  status: 'Connected',
};
export const goodFacts: Readonly<Record<MachineKind, MachineFacts>> = {
  arc: good,
  'azure-vm': { ...good, agentVersion: undefined, status: 'running' },
  'hci-cluster': {
    ...good,
    osName: 'Azure Stack HCI',
    agentVersion: undefined,
    status: 'ConnectedRecently',
  },
};
export const kinds = ['arc', 'azure-vm', 'hci-cluster'] as const;
export const policy = { arcAgentMinimum: arcAgentVersions.minimum.version, regions: undefined };
const zone = { name: 'wac.test', faults: [] };

/** Every requirement of a good machine with these differences. */
export const check = (
  kind: MachineKind,
  changes: Partial<MachineFacts>,
  around: Partial<Circumstances> = {},
) => checkPreconditions(kind, { facts: { ...goodFacts[kind], ...changes }, policy, zone, ...around });
export const resultOf = (code: string, ...given: Parameters<typeof check>) =>
  check(...given).find((result) => result.code === code);
/** The codes of those that are not met, warnings too. */
export const unmet = (
  changes: Partial<MachineFacts>,
  kind: MachineKind = 'arc',
  around: Partial<Circumstances> = {},
) =>
  check(kind, changes, around)
    .filter(({ met }) => !met)
    .map(({ code }) => code);
