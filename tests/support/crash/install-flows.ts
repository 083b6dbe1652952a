import { expect } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import type { DurableApp } from '../durable-app.ts';
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
  least: 18,
  prepare: async (app) => liveAgents(app),
  begin: (app) => app.begin('install', install),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 1);
  },
};

const inItsTurn: CrashFlow = {
  title: 'an install that waits for its turn',
  least: 20,
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
  least: 20,
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
  least: 18,
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

const failing: CrashFlow = {
  title: 'an install that fails and is taken back',
  least: 20,
  async prepare(app) {
    liveAgents(app);
    app.connectivity.endpoints.set(resourceId, { SSH: 22, WAC: 443 });
    app.faults.fail('bus.sendToAgent', new AppError('configuration_incomplete', 'no'));
  },
  begin: (app) => app.begin('install', install),
  async expectDone(app) {
    const [operation] = await app.store.list(machineId, 'operation', 1);
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'configuration_incomplete' } });
    expect(operation?.compensation?.left.map(({ what }) => what)).toEqual([
      'the certificate',
      'the service configuration WAC',
      'the endpoint',
    ]);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ SSH: 22, WAC: 443 });
    expect(await machineOf(app)).toMatchObject({ extension: { state: 'failed' } });
    expect(app.extension.states.size + app.dns.names.size + app.bus.queues.size).toBe(0);
  },
};

const repair: CrashFlow = {
  title: 'a repair',
  least: 12,
  prepare: installed,
  begin: (app) => app.begin('repair', install),
  async expectDone(app) {
    await expectSucceeded(app, 'repair');
    await expectServed(app, 1);
  },
};

const repairMachineHeld: CrashFlow = {
  title: 'a repair where the machine held the key',
  least: 20,
  async prepare(app) {
    liveAgents(app);
    await app.run('install', { ...install, custody: 'machine' });
  },
  begin: (app) => app.begin('repair', { ...install, custody: 'machine' }),
  async expectDone(app) {
    await expectSucceeded(app, 'repair');
    await expectServed(app, 2, 'machine');
  },
};

const reach = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;
const group = 'group-of-the-interface';
const direct = { ...install, reach, sources: ['198.51.100.7'] };

function connectToNetwork(app: DurableApp): void {
  const { address, isPublic, listenOn } = reach;
  app.network.addresses.set(resourceId.toLowerCase(), [
    { address, isPublic, listenOn, interfaceGroup: group },
  ]);
  app.network.groups.set(group, []);
}

const directly: CrashFlow = {
  title: 'an install in direct mode',
  least: 18,
  async prepare(app) {
    liveAgents(app);
    connectToNetwork(app);
  },
  begin: (app) => app.begin('install', direct),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 1);
    expect(app.network.groups.get(group)).toHaveLength(1);
    expect(app.relay.connections.size).toBe(0);
  },
};

const fromProxyToDirect: CrashFlow = {
  title: 'a change from the proxy to direct mode',
  least: 18,
  async prepare(app) {
    await installed(app);
    connectToNetwork(app);
  },
  begin: (app) => app.begin('install', { ...direct, newName: true }),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 2);
    expect(await machineOf(app)).toMatchObject({ reach, portRule: { isOurs: true } });
    expect(app.network.groups.get(group)).toHaveLength(1);
  },
};

const directThatFails: CrashFlow = {
  title: 'an install in direct mode that fails and is taken back',
  least: 20,
  async prepare(app) {
    liveAgents(app);
    connectToNetwork(app);
    app.faults.fail('bus.sendToAgent', new AppError('configuration_incomplete', 'no'));
  },
  begin: (app) => app.begin('install', direct),
  async expectDone(app) {
    const [operation] = await app.store.list(machineId, 'operation', 1);
    expect(operation?.compensation?.undone).toContain('the rule PortForWAC');
    expect(app.network.groups.get(group)).toEqual([]);
  },
};

export const installFlows = [
  first,
  inItsTurn,
  machineHeld,
  newName,
  uninstall,
  failing,
  repair,
  repairMachineHeld,
  directly,
  fromProxyToDirect,
  directThatFails,
];
