import { expect } from 'vitest';
import { addInstalled } from '../fleet.ts';
import { machineId, resourceId } from '../sample-machine.ts';
import {
  expectServed,
  expectSucceeded,
  install,
  installed,
  issue,
  liveAgents,
  machineOf,
  recordOf,
  runIssue,
} from './stage.ts';
import type { CrashFlow } from './suite.ts';

const first: CrashFlow = {
  title: 'an install',
  least: 24,
  prepare: async (app) => liveAgents(app),
  begin: (app) => app.begin('install', install),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 1);
  },
};

const inItsTurn: CrashFlow = {
  title: 'an install that waits for its turn',
  least: 26,
  async prepare(app) {
    liveAgents(app);
    const hourly = { capacity: 1, refillMs: 3_600_000, scope: 'zone', freeForReplacements: false } as const;
    app.authority.limits = [{ id: 'orders', title: 'Orders', ...hourly }];
    // Another machine has the only turn of this hour.
    await runIssue(app, { ...issue, machineId: await addInstalled(app, 1) });
  },
  begin: (app) => app.begin('install', install),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 2);
  },
};

const machineHeld: CrashFlow = {
  title: 'an install whose key the machine holds',
  least: 26,
  prepare: async (app) => liveAgents(app),
  begin: (app) => app.begin('install', { ...install, custody: 'machine' }),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 1, 'machine');
    expect(app.vault.keysMade()).toBe(0);
  },
};

const newName: CrashFlow = {
  title: 'an install under a new name',
  least: 24,
  prepare: installed,
  begin: (app) => app.begin('install', { ...install, newName: true }),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 2);
    const machine = await machineOf(app);
    expect(machine).not.toHaveProperty('nextName');
    expect(machine?.retiredNames).toHaveLength(1);
    expect(app.dns.names.size).toBe(4);
  },
};

const uninstall: CrashFlow = {
  title: 'an uninstall',
  least: 6,
  prepare: installed,
  begin: (app) => app.begin('uninstall', { machineId, resourceId }),
  async expectDone(app) {
    await expectSucceeded(app, 'uninstall');
    expect(await machineOf(app)).not.toHaveProperty('machineName');
    expect(await recordOf(app)).toBeUndefined();
    expect(app.dns.names.size + app.relay.connections.size + app.bus.queues.size).toBe(0);
  },
};

export const installFlows = [first, inItsTurn, machineHeld, newName, uninstall];
