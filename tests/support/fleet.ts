import type { AgentDocument, MachineDocument } from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { type MemoryPorts, subscriptionId } from './memory-ports.ts';

/** Installed machines with the ids of their ARM resources, beside the one that every test has. */
export const fleetMember = (index: number) => {
  const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/fleet-${index}`;
  return { resourceId, machineId: machineIdOf(resourceId) };
};

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** Puts an installed machine on record whose agent reports whatever is newest as served, at each reading of its extension. */
export async function addInstalled(ports: MemoryPorts, index: number): Promise<string> {
  const { resourceId, machineId } = fleetMember(index);
  const machine: MachineDocument = {
    type: 'machine',
    machineId,
    resourceId,
    kind: 'arc',
    displayName: `fleet-${index}`,
    subscriptionId,
    machineName: `${letters[index % 26] ?? 'a'}${machineId.slice(1)}`,
    extension: { state: 'installed', port: 6516, installedAt: ports.ports.now().toISOString() },
  };
  await ports.store.commit(machineId, [{ create: machine }]);
  return machineId;
}

/** Every installed agent says that it serves the newest leaf on record. */
export async function reportAllServing(ports: MemoryPorts): Promise<void> {
  for (const { machineId, leaf } of await ports.store.listCertificates()) {
    if (!leaf) continue;
    const agent: AgentDocument = {
      type: 'agent',
      machineId,
      signingKey: '{}',
      encryptionKey: '{}',
      enrolledAt: leaf.issuedAt,
      reportSequence: 1,
      checks: [],
      connected: true,
      servingThumbprint: leaf.thumbprint,
    };
    await ports.store.commit(machineId, [{ put: agent }]);
  }
}
