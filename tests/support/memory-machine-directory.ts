import type { ListedMachine, MachineDirectory } from '#shared/ports/machine-directory.ts';

/** What Azure Resource Manager lists, in memory. */
export function createMemoryMachineDirectory() {
  const listed: ListedMachine[] = [];
  return {
    listed,
    async listMachines(scope: string) {
      const prefix = `${scope.toLowerCase()}/`;
      return listed.filter(({ resourceId }) => resourceId.toLowerCase().startsWith(prefix));
    },
  } satisfies MachineDirectory & Record<string, unknown>;
}
