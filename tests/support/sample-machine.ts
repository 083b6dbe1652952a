import type { RoleGrant } from '#shared/domain/access.ts';
import type { AgentDocument, MachineDocument } from '#shared/domain/documents.ts';
import type { MachineFacts } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { type MemoryPorts, subscriptionId } from './memory-ports.ts';

export const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/web-01`;
export const machineId = machineIdOf(resourceId);

/** A machine that meets every requirement. */
const goodFacts: MachineFacts = {
  location: 'westeurope',
  cloud: 'AzureCloud',
  osType: 'windows',
  osName: 'Windows Server 2022 Datacenter',
  osVersion: '10.0.20348',
  memoryBytes: 8 * 1024 ** 3,
  agentVersion: '1.48.02881.1941',
  status: 'Connected',
};

export const administrator = { id: '00000000-0000-4000-8000-0000000000c1', name: 'admin@example.test' };

export const machine: MachineDocument = {
  type: 'machine',
  machineId,
  resourceId,
  kind: 'arc',
  displayName: 'web-01',
  subscriptionId,
  facts: goodFacts,
};

export const grant = (
  roleName: string,
  permissions: Partial<RoleGrant['permissions'][number]>,
  scope = resourceId,
): RoleGrant => ({
  roleName,
  scope,
  permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...permissions }],
});

/** Puts the machine on record, in a subscription whose provider is registered, with an administrator. */
export async function addMachine(ports: MemoryPorts, changes: Partial<MachineDocument> = {}): Promise<void> {
  ports.resources.machines.set(resourceId.toLowerCase(), goodFacts);
  ports.resources.registered.add(`${subscriptionId} Microsoft.HybridConnectivity`);
  ports.roles.held.set(administrator.id, {
    grants: [
      grant('Windows Admin Center Administrator Login', {
        actions: ['Microsoft.HybridCompute/machines/*/read', 'Microsoft.HybridCompute/machines/read'],
        dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'],
      }),
    ],
    denials: [],
  });
  await ports.store.commit(machineId, [{ create: { ...machine, ...changes } }]);
}

/** The machine's agent reports that it is connected and serves what is on record. */
export async function reportServing(ports: MemoryPorts, changes: Partial<AgentDocument> = {}): Promise<void> {
  const certificate = await ports.store.read(machineId, 'certificate');
  const thumbprint = certificate?.document.leaf?.thumbprint;
  ports.probe.answer.thumbprint = thumbprint;
  const agent: AgentDocument = {
    type: 'agent',
    machineId,
    signingKey: '{}',
    encryptionKey: '{}',
    enrolledAt: ports.ports.now().toISOString(),
    reportSequence: 1,
    checks: [],
    connected: true,
    ...(thumbprint !== undefined && { servingThumbprint: thumbprint }),
    ...changes,
  };
  await ports.store.commit(machineId, [{ put: agent }]);
}
