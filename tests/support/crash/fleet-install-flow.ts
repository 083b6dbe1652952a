import { expect } from 'vitest';
import { fleetMember } from '../fleet.ts';
import { addToCloud, beginFleet, openFleetWorld, request } from '../fleet-install.ts';
import { machine } from '../sample-machine.ts';
import { machineOf } from './stage.ts';
import type { CrashFlow } from './suite.ts';

/** One that is installed, and one that does not meet the requirements. */
export const fleetInstall: CrashFlow = {
  title: 'an install on two machines of which one is refused',
  least: 26,
  prepare: async (app) => openFleetWorld(app),
  async begin(app) {
    const ids = addToCloud(app, 2);
    if (machine.facts)
      app.resources.machines.set(ids[1]?.toLowerCase() ?? '', { ...machine.facts, memoryBytes: 1 });
    const id = await beginFleet(app, request(ids));
    return (await app.store.read(id, 'fleet-install'))?.document.runId ?? '';
  },
  async expectDone(app) {
    expect(app.authority.issued).toHaveLength(1);
    const installed = await machineOf(app, fleetMember(0).machineId);
    expect(installed).toMatchObject({ extension: { state: 'installed' } });
    expect(installed).not.toHaveProperty('currentOperation');
  },
};
