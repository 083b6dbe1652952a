import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptInstalls } from '#functions/timers/adopt-installs.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { ExtensionState } from '#shared/ports/resource-manager.ts';
import { install } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { fleetMember } from '../support/fleet.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

/** As `az connectedmachine extension create` leaves it. */
const theirs: ExtensionState = { state: 'succeeded', port: 7443, salt: 'chosen by somebody else' };
const hourMs = 3_600_000;
let app: DurableApp;
let log: string[];

beforeEach(async () => {
  app = await openDurableApp();
  log = [];
});
afterEach(() => app.close());

const tick = () =>
  adoptInstalls(app.ports, app.client, { info: (text) => log.push(text), warn: (text) => log.push(text) });
const machine = async () => (await app.store.read(machineId, 'machine'))?.document;
const operations = async () => app.store.list(machineId, 'operation', 20);

async function setMachine(changes: Partial<MachineDocument>): Promise<void> {
  const found = await machine();
  if (found) await app.store.commit(machineId, [{ put: { ...found, ...changes } }]);
}

/** A tick, and what it began to its end. */
async function tickToEnd() {
  await tick();
  const id = (await machine())?.currentOperation?.id;
  if (id === undefined) return undefined;
  await app.host.waitForCompletion(id);
  return app.operation(id);
}

describe('an extension that others installed', () => {
  it('requirement 53: is adopted: its port stays and what is missing is made, in nobody’s name but ours', async () => {
    app.extension.states.set(resourceId, theirs);
    const operation = await tickToEnd();
    expect(operation).toMatchObject({
      kind: 'install',
      status: 'succeeded',
      requestedBy: { id: 'adoption', name: 'Adoption' },
    });
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 7443 });
    expect(await machine()).toMatchObject({ extension: { state: 'installed', port: 7443 } });
    expect((await app.store.read(machineId, 'certificate'))?.document.state).toBe('served');
    expect(app.extension.deployments).toMatchObject([{ settings: { port: '7443' } }]);
  });

  it('requirement 53: is adopted once: the next look finds it ours', async () => {
    app.extension.states.set(resourceId, theirs);
    await tickToEnd();
    for (let look = 0; look < 3; look += 1) {
      app.clock.advance(hourMs);
      await tick();
    }
    expect(await operations()).toHaveLength(1);
  });

  it('requirement 53: and an install that a person asks for meanwhile are one operation', async () => {
    app.extension.states.set(resourceId, theirs);
    await tick();
    const running = (await machine())?.currentOperation?.id;
    expect(await app.begin('install', install)).toBe(running);
    await app.host.waitForCompletion(running ?? '');
    expect(await operations()).toHaveLength(1);
  });

  it.each<ExtensionState>([
    { state: 'absent' },
    { state: 'creating', port: 7443 },
    { state: 'deleting' },
    { state: 'failed', detail: 'exit code 1603' },
  ])('is left alone while it is $state', async (state) => {
    app.extension.states.set(resourceId, state);
    await tick();
    expect(await operations()).toEqual([]);
    expect(await machine()).not.toHaveProperty('adoption');
  });

  it('is not what an install of ours left behind: that is not adopted', async () => {
    await setMachine({ salt: 'our salt', machineName: 'a'.repeat(26) });
    app.extension.states.set(resourceId, { state: 'succeeded', port: 6516, salt: 'our salt' });
    await tick();
    expect(await operations()).toEqual([]);
  });

  it('is left to the other deployment that it belongs to: two never take a machine from each other', async () => {
    app.extension.states.set(resourceId, { ...theirs, controlPlane: 'https://other.test' });
    await tick();
    expect(await operations()).toEqual([]);
    app.extension.states.set(resourceId, { ...theirs, controlPlane: 'https://API.test/' });
    await tick();
    expect(await operations()).toHaveLength(1);
  });

  it('is left where it is when its adoption fails, and tried again with more and more patience', async () => {
    app.extension.states.set(resourceId, theirs);
    app.faults.fail('relay.ensureConnection', new AppError('resource_manager_refused', 'no right'));
    expect((await tickToEnd())?.status).toBe('failed');
    expect(app.extension.states.get(resourceId)).toEqual(theirs);
    const begunAt: number[] = [];
    const start = app.clock.now();
    for (let look = 0; look < 12 * 40; look += 1) {
      app.clock.advance(hourMs / 12);
      const before = (await operations()).length;
      await tickToEnd();
      if ((await operations()).length > before) begunAt.push(Math.round((app.clock.now() - start) / hourMs));
    }
    expect(begunAt).toEqual([1, 3, 7, 15, 39]);
  });

  it('is refused on a machine that does not meet the requirements: audited once, tried again later', async () => {
    app.extension.states.set(resourceId, theirs);
    const facts = app.resources.machines.get(resourceId.toLowerCase());
    if (facts) app.resources.machines.set(resourceId.toLowerCase(), { ...facts, memoryBytes: 1 });
    for (let look = 0; look < 6; look += 1) {
      await tick();
      app.clock.advance(hourMs / 12);
    }
    expect(await operations()).toEqual([]);
    expect(await app.store.list(machineId, 'audit', 10)).toMatchObject([
      { actor: { id: 'adoption' }, outcome: 'refused' },
    ]);
    expect(await machine()).toMatchObject({ before: { extension: { port: 7443 } } });
    if (facts) app.resources.machines.set(resourceId.toLowerCase(), facts);
    app.clock.advance(hourMs);
    expect((await tickToEnd())?.status).toBe('succeeded');
  });

  it('requirement 54: is not adopted over a Windows Admin Center that was installed by hand', async () => {
    await setMachine({ manualInstallation: { foundAt: '2026-10-01T00:00:00Z', found: 'Version 2.4' } });
    app.extension.states.set(resourceId, theirs);
    await tick();
    expect(await operations()).toEqual([]);
    expect(log.join()).toContain('Version 2.4');
  });

  it('is no longer shown when its owner takes it away before it was adopted', async () => {
    app.extension.states.set(resourceId, theirs);
    app.resources.machines.clear();
    await tick();
    expect(await machine()).toHaveProperty('before.extension');
    app.extension.states.delete(resourceId);
    await tick();
    expect(await machine()).not.toHaveProperty('before');
    expect(await machine()).not.toHaveProperty('adoption');
  });

  it('is adopted again at once when it comes again after an uninstall', async () => {
    app.extension.states.set(resourceId, theirs);
    await tickToEnd();
    await app.run('uninstall', { machineId, resourceId });
    expect(await machine()).not.toHaveProperty('adoption');
    app.extension.states.set(resourceId, theirs);
    expect((await tickToEnd())?.status).toBe('succeeded');
  });
});

describe('an adopted extension that its owner takes away again', () => {
  beforeEach(async () => {
    app.extension.states.set(resourceId, theirs);
    await tickToEnd();
    app.extension.states.delete(resourceId);
    app.clock.advance(2 * hourMs);
  });

  it('requirement 53: is noticed with the time, and not put there again', async () => {
    const noticedAt = app.ports.now().toISOString();
    for (let look = 0; look < 3; look += 1) {
      await tick();
      app.clock.advance(2 * hourMs);
    }
    expect(await machine()).toMatchObject({ extension: { state: 'installed', removedSince: noticedAt } });
    expect(await operations()).toHaveLength(1);
    expect(app.extension.states.size).toBe(0);
  });

  it('takes the keys of its agent along once that is silent, so that an install needs no repair', async () => {
    const agent = await app.store.read(machineId, 'agent');
    if (!agent) throw new Error('no agent');
    const lastSeenAt = app.ports.now().toISOString();
    await app.store.commit(machineId, [{ put: { ...agent.document, lastSeenAt } }]);
    await tick();
    await tick();
    expect(await app.store.read(machineId, 'agent')).toBeDefined();
    app.clock.advance(hourMs / 12);
    await tick();
    expect(await app.store.read(machineId, 'agent')).toBeUndefined();
    expect((await app.run('install', { ...install, port: 7443 })).status).toBe('succeeded');
    expect(app.authority.issued).toHaveLength(1);
  });

  it('is as it was when the same comes back', async () => {
    await tick();
    const salt = (await machine())?.salt ?? '';
    app.extension.states.set(resourceId, { state: 'succeeded', port: 7443, salt });
    await tick();
    expect(await machine()).not.toHaveProperty('extension.removedSince');
    expect(await operations()).toHaveLength(1);
  });

  it('is adopted again, with the port that it has now, when its owner installs another', async () => {
    await tick();
    app.extension.states.set(resourceId, { ...theirs, port: 9443 });
    expect((await tickToEnd())?.status).toBe('succeeded');
    expect(await machine()).toMatchObject({ extension: { state: 'installed', port: 9443 } });
    expect(await machine()).not.toHaveProperty('extension.removedSince');
    expect(app.authority.issued).toHaveLength(1);
  });
});

describe('the looks', () => {
  /** Beside the one that every test has. */
  async function addMachines(count: number): Promise<void> {
    const found = await machine();
    if (!found) throw new Error('no machine');
    for (let index = 0; index < count; index += 1)
      await app.store.commit(fleetMember(index).machineId, [
        { create: { ...found, ...fleetMember(index), displayName: `fleet-${index}` } },
      ]);
  }

  it('go round: of 450 machines each has its turn once before any has it twice', async () => {
    await addMachines(449);
    const turns = new Map<string, number>();
    app.extension.read = async (looked) => {
      turns.set(looked, (turns.get(looked) ?? 0) + 1);
      return { state: 'absent' };
    };
    await tick();
    expect(turns.size).toBe(200);
    await tick();
    expect(turns.size).toBe(400);
    await tick();
    expect(turns.size).toBe(450);
    expect(Math.max(...turns.values())).toBe(2);
  });

  it('begin no more than the zone takes in a minute, and go on there with the next tick', async () => {
    await addMachines(25);
    app.ports.recordsPerMinute = 30;
    for (let index = 0; index < 25; index += 1)
      app.extension.states.set(fleetMember(index).resourceId, theirs);
    const facts = app.resources.machines.get(resourceId.toLowerCase());
    for (let index = 0; index < 25 && facts; index += 1)
      app.resources.machines.set(fleetMember(index).resourceId.toLowerCase(), facts);
    const begun = async () => (await app.store.listMachines()).filter(({ adoption }) => adoption).length;
    const counts: number[] = [];
    for (let look = 0; look < 3; look += 1) {
      await tick();
      counts.push(await begun());
    }
    expect(counts).toEqual([10, 20, 25]);
  });

  it('leave Azure Resource Manager alone as soon as it limits the rate, and go on with the next', async () => {
    await addMachines(60);
    app.faults.fail('extension.read', new AppError('resource_manager_unavailable', '429'), 10);
    await tick();
    expect(app.faults.calls('extension.read')).toBe(10);
    expect(log).toHaveLength(1);
    await tick();
    expect(app.faults.calls('extension.read')).toBe(10 + 61);
  });

  it('keep none from its turn because of one that fails', async () => {
    await addMachines(30);
    app.faults.fail('extension.read', new AppError('resource_manager_refused', '403'), 1);
    await tick();
    expect(app.faults.calls('extension.read')).toBe(31);
  });

  it('pass over machines that are gone', async () => {
    await setMachine({ goneSince: '2026-09-30T00:00:00Z' });
    app.extension.states.set(resourceId, theirs);
    await tick();
    expect(app.faults.calls('extension.read')).toBe(0);
  });

  it('start what a crash left between its record and its start', async () => {
    app.extension.states.set(resourceId, theirs);
    const start = app.client.startNew;
    app.client.startNew = () => Promise.reject(new Error('the process is gone'));
    await tick();
    app.client.startNew = start;
    expect((await tickToEnd())?.status).toBe('succeeded');
    expect(await operations()).toHaveLength(1);
  });
});
