import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeKnown } from '#functions/known-machines.ts';
import { adoptInstalls } from '#functions/timers/adopt-installs.ts';
import { reapOrphans } from '#functions/timers/reap-orphans.ts';
import { roundPartition } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { type MachineFacts, parseMachineResource } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { install } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { reportAllServing } from '../support/fleet.ts';
import { administrator, machine, machineId, resourceId } from '../support/sample-machine.ts';

const hourMs = 3_600_000;
const vmId = '5E0B3A4C-0000-4000-8000-000000000001';
const movedResource = resourceId.replace('rg-local', 'rg-other');
const movedId = machineIdOf(movedResource);
const quiet = { info() {}, warn() {}, error() {} };
let app: DurableApp;
let facts: MachineFacts;

beforeEach(async () => {
  app = await openDurableApp();
  const found = app.resources.machines.get(resourceId.toLowerCase());
  if (!found) throw new Error('no facts');
  facts = { ...found, vmId };
  app.resources.machines.set(resourceId.toLowerCase(), facts);
  await app.store.commit(machineId, [{ remove: 'machine' }]);
  await add(resourceId);
  await app.run('install', install);
});
afterEach(() => app.close());

const add = (id: string, itsFacts = facts) =>
  makeKnown(app.ports, parseMachineResource(id), itsFacts, { actor: administrator });
const machineOf = async (id: string) => (await app.store.read(id, 'machine'))?.document;
const reap = () => reapOrphans(app.ports, app.client, quiet);

/** As Azure moves a machine: its extension comes along, its endpoint does not. */
function move(): void {
  app.resources.machines.delete(resourceId.toLowerCase());
  app.resources.machines.set(movedResource.toLowerCase(), facts);
  const extension = app.extension.states.get(resourceId);
  if (extension) app.extension.states.set(movedResource, extension);
  app.extension.states.delete(resourceId);
  app.connectivity.endpoints.delete(resourceId);
}

async function settle(id: string): Promise<void> {
  const running = (await machineOf(id))?.currentOperation?.id;
  if (running !== undefined) await app.host.waitForCompletion(running);
}

describe('a machine that moved to another group or was renamed', () => {
  it('is known for the same computer when it is made known by its new id', async () => {
    move();
    await add(movedResource);
    expect(await machineOf(machineId)).toMatchObject({ movedTo: movedId, goneSince: expect.any(String) });
    expect(await machineOf(movedId)).toMatchObject({ movedFrom: machineId, resourceId: movedResource });
  });

  it('is installed under its new id with the extension that came along; the old one does not wait', async () => {
    move();
    await add(movedResource);
    await reap();
    await settle(machineId);
    expect(await machineOf(machineId)).toHaveProperty('extension');
    app.extension.machine.onInstall = () => reportAllServing(app);
    await adoptInstalls(app.ports, app.client, quiet);
    await settle(movedId);
    expect(await machineOf(movedId)).toMatchObject({ extension: { state: 'installed', port: 6516 } });
    await reap();
    await settle(machineId);
    await reap();
    expect(await machineOf(machineId)).toBeUndefined();
    expect(app.extension.states.get(movedResource)).toMatchObject({ state: 'succeeded' });
    expect(await machineOf(movedId)).toMatchObject({ extension: { state: 'installed' } });
    expect(app.dns.names.size).toBe(2);
  });

  it('is adopted at the next tick, whoever else waits for a look', async () => {
    move();
    await add(movedResource);
    for (let index = 0; index < 450; index += 1) {
      const id = resourceId.replace('web-01', `other-${index}`);
      await app.store.commit(machineIdOf(id), [
        { create: { ...machine, machineId: machineIdOf(id), resourceId: id } },
      ]);
    }
    for (const cursor of ['', 'a', 'm', 'z']) {
      await app.store.commit(roundPartition, [
        { put: { type: 'round', machineId: roundPartition, key: 'adoption', after: cursor } },
      ]);
      app.faults.fail('dns.pointName', new AppError('dns_record_foreign', 'no'));
      await adoptInstalls(app.ports, app.client, quiet);
      await settle(movedId);
      const found = await machineOf(movedId);
      expect(found?.extension).toMatchObject({ state: 'failed' });
      const { extension: _, adoption: __, ...again } = found ?? machine;
      await app.store.commit(movedId, [{ put: again }]);
    }
  });

  it('that is never made known again waits for the grace time like any other', async () => {
    move();
    await reap();
    app.clock.advance(71 * hourMs);
    await reap();
    expect(await machineOf(machineId)).not.toHaveProperty('currentOperation');
  });

  it('ends the same when a crash came between the two records', async () => {
    move();
    app.faults.fail('store.commit', new AppError('store_unavailable', 'crash'));
    await expect(add(movedResource)).rejects.toThrow('crash');
    let commits = 0;
    app.faults.before('store.commit', () => {
      commits += 1;
      if (commits === 3) throw new AppError('store_unavailable', 'crash');
    });
    await expect(add(movedResource)).rejects.toThrow('crash');
    expect(await machineOf(movedId)).toBeUndefined();
    await add(movedResource);
    expect(await machineOf(machineId)).toMatchObject({ movedTo: movedId });
    expect(await machineOf(movedId)).toMatchObject({ movedFrom: machineId });
  });

  it('and moved back is there again, as it was', async () => {
    const before = await machineOf(machineId);
    const extension = app.extension.states.get(resourceId);
    move();
    await add(movedResource);
    app.resources.machines.delete(movedResource.toLowerCase());
    app.resources.machines.set(resourceId.toLowerCase(), facts);
    if (extension) app.extension.states.set(resourceId, extension);
    await add(resourceId);
    expect(await machineOf(machineId)).toEqual(before);
  });

  it('is the same computer whatever the case of its id', async () => {
    move();
    await add(movedResource, { ...facts, vmId: vmId.toLowerCase() });
    expect(await machineOf(movedId)).toMatchObject({ movedFrom: machineId });
  });
});

describe('two machines of one computer id', () => {
  it('that are both there are clones: neither moved', async () => {
    app.resources.machines.set(movedResource.toLowerCase(), facts);
    await add(movedResource);
    expect(await machineOf(movedId)).not.toHaveProperty('movedFrom');
    expect(await machineOf(machineId)).not.toHaveProperty('movedTo');
  });

  it('stay clones when one of them is deleted later and the other made known again', async () => {
    app.resources.machines.set(movedResource.toLowerCase(), facts);
    await add(movedResource);
    app.resources.machines.delete(resourceId.toLowerCase());
    await add(movedResource);
    expect(await machineOf(machineId)).not.toHaveProperty('movedTo');
  });

  it('that are gone while a third comes say nothing of where it came from', async () => {
    app.resources.machines.set(movedResource.toLowerCase(), facts);
    await add(movedResource);
    app.resources.machines.clear();
    const third = resourceId.replace('rg-local', 'rg-third');
    await add(third);
    expect(await machineOf(machineIdOf(third))).not.toHaveProperty('movedFrom');
  });

  it.each([undefined, ''])('of which the platform says %j are strangers', async (nothing) => {
    app.resources.machines.clear();
    await add(movedResource, { ...facts, vmId: nothing });
    expect(await machineOf(movedId)).not.toHaveProperty('movedFrom');
  });
});
