import { z } from 'zod';
import type { MachineKind } from '#shared/domain/machine.ts';
import type { MachineDirectory } from '#shared/ports/machine-directory.ts';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { factReaders } from './machine-facts.ts';

const listed = z.object({ id: z.string(), tags: z.record(z.string(), z.string()).nullish() });

/** The list of each type, below a subscription or a group alike. */
const collections: Readonly<Record<MachineKind, string>> = {
  arc: 'Microsoft.HybridCompute/machines',
  'azure-vm': 'Microsoft.Compute/virtualMachines',
  'hci-cluster': 'Microsoft.AzureStackHCI/clusters',
};

/** ARM's documented lists by type: the generic one cannot filter by type and tag at once. */
export function createArmMachineDirectory({ arm }: { arm: ArmClient }): MachineDirectory {
  return {
    async listMachines(scope) {
      const kinds = Object.entries(collections) as [MachineKind, string][];
      const lists = kinds.map(([kind, type]) =>
        orMissing(arm.list(`${scope}/providers/${type}`, factReaders[kind].apiVersion, listed)),
      );
      const found = (await Promise.all(lists)).flatMap((list) => list ?? []);
      return found.map(({ id, tags }) => ({ resourceId: id, tags: tags ?? {} }));
    },
  };
}
