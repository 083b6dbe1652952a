import type { MachineDocument } from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { SecurityRule } from '#shared/domain/security-rule.ts';
import { type MemoryPorts, subscriptionId } from './memory-ports.ts';
import { goodFacts } from './precondition-cases.ts';
import { administrator, grant, machine } from './sample-machine.ts';
import { defaultRules } from './security-rules.ts';

const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers`;
const virtualMachineId = `${group}/Microsoft.Compute/virtualMachines/vm-01`;
const interfaceGroup = `${group}/Microsoft.Network/networkSecurityGroups/vm-01-nsg`;
const subnetGroup = `${group}/Microsoft.Network/networkSecurityGroups/subnet-nsg`;

export const virtualMachine: MachineDocument = {
  ...machine,
  machineId: machineIdOf(virtualMachineId),
  resourceId: virtualMachineId,
  kind: 'azure-vm',
  displayName: 'vm-01',
};

/** Rules by the id of their group. */
export const setGroups = (
  memory: MemoryPorts,
  rules: readonly SecurityRule[] = [],
  ofSubnet: readonly SecurityRule[] = [],
) => {
  memory.network.groups.set(interfaceGroup, [...rules, ...defaultRules]);
  memory.network.groups.set(subnetGroup, [...ofSubnet, ...defaultRules]);
};

/** Puts a virtual machine on record with a private and a public address, a group for each, and an administrator. */
export async function addVirtualMachine(
  memory: MemoryPorts,
  changes: Partial<MachineDocument> = {},
): Promise<void> {
  memory.resources.machines.set(virtualMachineId.toLowerCase(), goodFacts['azure-vm']);
  memory.resources.registered.add(`${subscriptionId} Microsoft.HybridConnectivity`);
  const guarded = { listenOn: '10.0.0.4', interfaceGroup };
  memory.network.addresses.set(virtualMachineId.toLowerCase(), [
    { ...guarded, address: '10.0.0.4', isPublic: false },
    { ...guarded, address: '203.0.113.7', isPublic: true },
  ]);
  setGroups(memory);
  const actions = [
    'Microsoft.Compute/virtualMachines/read',
    'Microsoft.Compute/virtualMachines/extensions/write',
    'Microsoft.HybridConnectivity/endpoints/write',
  ];
  const dataActions = [
    'Microsoft.Compute/virtualMachines/WACloginAsAdmin/action',
    'Microsoft.Compute/virtualMachines/loginAsAdmin/action',
  ];
  memory.roles.held.set(administrator.id, {
    grants: [grant('Everything here', { actions, dataActions }, virtualMachineId)],
    denials: [],
  });
  await memory.store.commit(virtualMachine.machineId, [{ create: { ...virtualMachine, ...changes } }]);
}
