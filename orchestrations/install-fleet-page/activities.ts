import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { Child } from '../context.ts';
import type { InstallFleetMachineInput } from '../install-fleet-machine/orchestrator.ts';
import { operationId } from '../names.ts';
import type { InstallFleetPageInput } from './orchestrator.ts';

export type InstallFleetPageActivities = ReturnType<typeof createInstallFleetPageActivities>;

export interface InstallFleetPagePorts {
  store: MachineStore;
  /** New record sets that the zone takes a minute. */
  recordsPerMinute: number;
  newId(): string;
}

/** Base name, wildcard and proof. */
const recordsOfInstall = 3;

export function createInstallFleetPageActivities({ store, recordsPerMinute, newId }: InstallFleetPagePorts) {
  const paceMs = (60_000 * recordsOfInstall) / recordsPerMinute;
  return {
    /** The flows of these machines, none of them before the zone can take its records; none at all while it is paused. */
    async readPage(
      input: Omit<InstallFleetPageInput, 'width'>,
    ): Promise<{ children: Child<InstallFleetMachineInput>[] }> {
      const { fleetId, machineIds, first, startedAt } = input;
      const fleet = await store.read(fleetId, 'fleet-install');
      if (fleet?.document.status !== 'running') return { children: [] };
      const notBefore = (place: number) =>
        new Date(Date.parse(startedAt) + Math.floor(place * paceMs)).toISOString();
      return {
        children: machineIds.map((machineId, index) => ({
          instanceId: operationId(machineId, newId()),
          input: { fleetId, notBefore: notBefore(first + index) },
        })),
      };
    },
  };
}
