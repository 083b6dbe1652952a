import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { purgeCertificates } from '#functions/timers/purge-certificates.ts';
import { reapOrphans } from '#functions/timers/reap-orphans.ts';
import { computerPartition, type MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { install } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { fleetMember } from '../support/fleet.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

const hourMs = 3_600_000;
let app: DurableApp;
let log: string[];

beforeEach(async () => {
  app = await openDurableApp();
  log = [];
  await app.run('install', install);
});
afterEach(() => app.close());

const write = (text: string) => void log.push(text);
const tick = () => reapOrphans(app.ports, app.client, { info: write, warn: write, error: write });
const machine = async () => (await app.store.read(machineId, 'machine'))?.document;
const uninstalls = async () =>
  (await app.store.list(machineId, 'operation', 20)).filter(({ kind }) => kind === 'uninstall');

/** As Azure does: the machine with what lies below it. */
function deleteInAzure(id = resourceId): void {
  app.resources.machines.delete(id.toLowerCase());
  app.extension.states.delete(id);
  app.connectivity.endpoints.delete(id);
}

/** Hourly ticks, each with what it began. */
async function passHours(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    app.clock.advance(hourMs);
    await tick();
    const running = (await machine())?.currentOperation?.id;
    if (running !== undefined) await app.host.waitForCompletion(running);
  }
}

function set(settings: Partial<typeof app.ports.settings>): void {
  app.ports.settings = { ...app.ports.settings, ...settings };
}

/** Machines beside the one that every test has, known and there. */
async function addMachines(count: number, changes: Partial<MachineDocument> = {}): Promise<void> {
  const facts = app.resources.machines.get(resourceId.toLowerCase());
  if (!facts) throw new Error('no facts');
  for (let index = 0; index < count; index += 1) {
    const member = fleetMember(index);
    app.resources.machines.set(member.resourceId.toLowerCase(), facts);
    const { subscriptionId } = install;
    const known = { kind: 'arc', displayName: `fleet-${index}`, subscriptionId, facts } as const;
    await app.store.commit(member.machineId, [
      { create: { type: 'machine', ...member, ...known, ...changes } },
    ]);
  }
}

describe('a machine that was deleted in Azure', () => {
  it('is cleaned up after when its grace time is over, then forgotten; the audit stays', async () => {
    deleteInAzure();
    const goneSince = new Date(app.clock.now() + hourMs).toISOString();
    await passHours(72);
    expect(await machine()).toMatchObject({ goneSince, extension: { state: 'installed' } });
    expect(await uninstalls()).toEqual([]);
    await passHours(1);
    expect(await uninstalls()).toMatchObject([
      { status: 'succeeded', requestedBy: { id: 'orphan-reaper', name: 'Orphan reaper' } },
    ]);
    const held = [app.dns.names, app.relay.connections, app.bus.queues];
    expect(held.map(({ size }) => size)).toEqual([0, 0, 0]);
    expect(await machine()).toBeDefined();
    await passHours(1);
    expect(await machine()).toBeUndefined();
    expect((await app.store.list(machineId, 'audit', 100)).slice(0, 2)).toMatchObject([
      { action: 'machine forget', actor: { id: 'orphan-reaper' }, outcome: 'succeeded' },
      { action: 'uninstall end', actor: { id: 'orphan-reaper' }, outcome: 'succeeded' },
    ]);
  });

  it('has its certificate disabled with the rest, and purged after the grace time of certificates', async () => {
    deleteInAzure();
    await passHours(75);
    const [name = ''] = app.vault.names();
    expect(await app.vault.findCertificate(name)).toBeUndefined();
    app.clock.advance(7 * 24 * hourMs);
    await purgeCertificates(app.ports, { info: write, warn: write });
    expect(app.vault.names()).toEqual([]);
  });

  it('is as it was when it is seen again within its grace time', async () => {
    const before = await machine();
    const facts = app.resources.machines.get(resourceId.toLowerCase());
    app.resources.machines.delete(resourceId.toLowerCase());
    await passHours(71);
    if (facts) app.resources.machines.set(resourceId.toLowerCase(), facts);
    await passHours(5);
    expect(await machine()).toEqual(before);
    app.resources.machines.delete(resourceId.toLowerCase());
    await passHours(72);
    expect(await uninstalls()).toEqual([]);
  });

  it('is cleaned up after later when something runs on it', async () => {
    deleteInAzure();
    await passHours(72);
    const found = await machine();
    if (!found) throw new Error('no machine');
    const running = { id: `${machineId}.other`, kind: 'renew' } as const;
    const operation = { ...running, machineId, key: running.id, input: {}, steps: [] };
    const at = app.ports.now().toISOString();
    await app.store.commit(machineId, [
      { put: { ...found, currentOperation: running } },
      {
        create: {
          type: 'operation',
          ...operation,
          status: 'running',
          createdAt: at,
          requestedBy: { id: 'x', name: 'x' },
        },
      },
    ]);
    app.client.getStatus = () => Promise.resolve({ runtimeStatus: 'Running' } as never);
    app.clock.advance(hourMs);
    await tick();
    expect(await uninstalls()).toEqual([]);
  });

  it('is tried again each hour while something refuses, and keeps none from being cleaned up after', async () => {
    deleteInAzure();
    app.faults.fail('relay.removeConnection', new AppError('resource_manager_refused', 'no right'));
    await passHours(75);
    expect((await uninstalls()).map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    app.faults.fail('relay.removeConnection', new AppError('resource_manager_refused', 'no right'), 0);
    await passHours(2);
    expect(await machine()).toBeUndefined();
  });

  it('is forgotten without an uninstall where nothing was installed', async () => {
    await addMachines(1, { facts: { ...anyFacts(), vmId: 'computer-1' } });
    const { machineId: id, resourceId: resource } = fleetMember(0);
    const computer = computerPartition('computer-1');
    await app.store.commit(computer, [{ put: { type: 'computer', machineId: computer, key: id } }]);
    deleteInAzure(resource);
    await passHours(73);
    expect(await app.store.read(id, 'machine')).toBeUndefined();
    expect(await app.store.list(id, 'operation', 10)).toEqual([]);
    expect(await app.store.list(computer, 'computer', 10)).toEqual([]);
    expect(await machine()).toBeDefined();
  });

  it('is reported and left alone where that is set', async () => {
    set({ ADMIN_CENTER_ORPHANS: 'report' });
    deleteInAzure();
    await passHours(100);
    expect(await machine()).toMatchObject({ extension: { state: 'installed' } });
    expect(await machine()).toHaveProperty('goneSince');
    expect(await uninstalls()).toEqual([]);
  });

  const anyFacts = () => {
    const facts = app.resources.machines.get(resourceId.toLowerCase());
    if (!facts) throw new Error('no facts');
    return facts;
  };
});

describe('a machine is not taken for deleted', () => {
  const troubles: [string, () => void][] = [
    [
      'when Azure Resource Manager refuses to show it',
      () => app.faults.fail('resources.findMachine', new AppError('resource_manager_refused', '403')),
    ],
    [
      'when Azure Resource Manager fails or limits the rate',
      () => app.faults.fail('resources.findMachine', new AppError('resource_manager_unavailable', '429')),
    ],
    [
      'when its subscription is not to be found',
      () => {
        deleteInAzure();
        app.faults.fail('resources.tenantOf', new AppError('machine_not_found', 'no subscription'));
      },
    ],
    [
      'when its subscription is another tenant’s now',
      () => {
        deleteInAzure();
        app.resources.tenantOf = async () => '00000000-0000-4000-8000-0000000000ff';
      },
    ],
  ];
  it.each(troubles)('%s', async (_, trouble) => {
    trouble();
    await passHours(80);
    expect(await machine()).not.toHaveProperty('goneSince');
    expect(await uninstalls()).toEqual([]);
  });

  it.each(troubles)('any more, once it was: %s', async (_, trouble) => {
    deleteInAzure();
    await passHours(71);
    trouble();
    await passHours(20);
    expect(await uninstalls()).toEqual([]);
  });
});

describe('many machines that are gone at once', () => {
  it('stop the reaper, which says so; an operator who deleted them lets it go on', async () => {
    await addMachines(40);
    for (let index = 0; index < 11; index += 1) deleteInAzure(fleetMember(index).resourceId);
    await passHours(80);
    expect((await app.store.listMachines()).length).toBe(41);
    expect(log.at(-1)).toBe(
      '11 of 41 machines are gone at once, more than 20 %: nothing is removed. If they were deleted on purpose, raise ADMIN_CENTER_ORPHAN_SHARE',
    );
    set({ ADMIN_CENTER_ORPHAN_SHARE: 100 });
    await passHours(1);
    expect((await app.store.listMachines()).length).toBe(30);
  });

  it('are believed when they are few: ten of a small fleet', async () => {
    await addMachines(12);
    for (let index = 0; index < 10; index += 1) deleteInAzure(fleetMember(index).resourceId);
    await passHours(73);
    expect((await app.store.listMachines()).length).toBe(3);
  });
});

describe('the cost of an hour', () => {
  it('is as many uninstalls as the zone gives up names in a minute', async () => {
    app.ports.recordsPerMinute = 6;
    await addMachines(8);
    for (let index = 0; index < 8; index += 1) {
      const { machineId: id, resourceId: resource } = fleetMember(index);
      const found = await app.store.read(id, 'machine');
      if (!found) throw new Error('no machine');
      const named = { ...found.document, machineName: `${'abcdefgh'[index] ?? ''}${id.slice(1)}` };
      await app.store.commit(id, [{ put: named }]);
      deleteInAzure(resource);
    }
    await passHours(72);
    const known = async () => (await app.store.listMachines()).length;
    const uninstalled = async () =>
      (
        await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            app.store.list(fleetMember(index).machineId, 'operation', 9),
          ),
        )
      ).flat().length;
    const counts: number[] = [];
    for (let hour = 0; hour < 3; hour += 1) {
      await passHours(1);
      await app.host.settled();
      counts.push(await uninstalled());
    }
    expect(counts).toEqual([3, 6, 8]);
    await passHours(1);
    expect(await known()).toBe(1);
  });

  it('is at most 500 looks at machines that are there, in a fair round, whatever their number', async () => {
    await addMachines(1_199);
    const looked = new Map<string, number>();
    const find = app.resources.findMachine;
    app.resources.findMachine = async (id) => {
      looked.set(id, (looked.get(id) ?? 0) + 1);
      return find(id);
    };
    const sizes: number[] = [];
    for (let hour = 0; hour < 3; hour += 1) {
      await tick();
      sizes.push(looked.size);
    }
    expect(sizes).toEqual([500, 1_000, 1_200]);
    expect(Math.max(...looked.values())).toBe(2);
  });
});
