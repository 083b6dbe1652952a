import type { FleetMachineDocument } from '#shared/domain/documents.ts';
import type { FleetMachine } from '#shared/domain/fleet-install.ts';
import type { MachineStore, Stored } from '#shared/ports/machine-store.ts';
import { updateDocument } from './records.ts';

/** Kept as long as a fleet install is shown: 90 days after its last write. */
export const fleetInstallSeconds = 90 * 24 * 60 * 60;

/** Changes one machine's record by ETag; `changed` answers undefined to leave it as it is. */
export const changeFleetMachine = (
  store: MachineStore,
  fleetId: string,
  key: string,
  changed: (machine: FleetMachineDocument) => FleetMachine | undefined,
  known?: Stored<FleetMachineDocument>,
): Promise<FleetMachineDocument> =>
  updateDocument(
    store,
    fleetId,
    'fleet-machine',
    key,
    (before) => {
      const machine = changed(before);
      const own = {
        type: 'fleet-machine',
        machineId: fleetId,
        key,
        ttlSeconds: fleetInstallSeconds,
      } as const;
      return machine && { document: { ...machine, ...own } };
    },
    known,
  );
