import type { Cosmos } from '#local/cosmos/server.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { createCosmosMachineStore } from '#shared/adapters/azure/cosmos-machine-store.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { containerDefinitions } from '#shared/protocol/resource-names.ts';
import { openCosmosContainer } from './cosmos-container.ts';
import { createMemoryMachineStore } from './memory-machine-store.ts';

/** A machine store under test, with the clock that its documents age by. */
export interface MachineStoreSubject {
  store: MachineStore;
  clock: ManualClock;
  close(): Promise<void>;
}

export async function openMemory(): Promise<MachineStoreSubject> {
  const clock = createManualClock(Date.now());
  return { clock, store: createMemoryMachineStore(clock.now), close: async () => {} };
}

/** The adapter on the stand-in, in a container as a deployment makes it. */
export async function openCosmos(): Promise<MachineStoreSubject & { cosmos: Cosmos }> {
  const [machines] = containerDefinitions;
  const { access, ...standing } = await openCosmosContainer(machines);
  return { ...standing, store: createCosmosMachineStore(access) };
}
