import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconcileFleetInstall } from '#functions/reconcile-fleet-install.ts';
import { createReserveTurnActivities } from '#orchestrations/reserve-turn/activities.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { addInstalled, fleetMember } from '../support/fleet.ts';
import {
  addToCloud,
  beforeInstall,
  beginFleet,
  cloudMachineOf,
  fleetOf,
  membersOf,
  openFleetWorld,
  request,
  setStatus,
  untilFleetEnds,
  whenHeld,
  writeStatus,
} from '../support/fleet-install.ts';

let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  openFleetWorld(app);
});
afterEach(() => app.close());

describe('an install on many machines that is paused', () => {
  it('begins no further machine, and goes on with all of them', async () => {
    const id = await beginFleet(app, request(addToCloud(app, 14), { concurrency: 2 }));
    beforeInstall(app, 4, () => setStatus(app, id, 'paused'));
    const held = whenHeld(app, id, () => setStatus(app, id, 'running'));
    expect(await untilFleetEnds(app, id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 14 } });
    const begun = (await held).filter((status) => status === 'succeeded');
    expect(begun.length).toBeGreaterThanOrEqual(4);
    expect(begun.length).toBeLessThanOrEqual(5);
    expect(app.authority.issued).toHaveLength(14);
  });

  it('goes on when the word that it may was lost', async () => {
    const id = await beginFleet(app, request(addToCloud(app, 3), { concurrency: 1 }));
    beforeInstall(app, 1, () => writeStatus(app, id, 'paused'));
    const held = whenHeld(app, id, () => writeStatus(app, id, 'running'));
    expect(await untilFleetEnds(app, id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 3 } });
    expect(await held).toEqual(['succeeded', 'waiting', 'waiting']);
  });

  it('is cancelled for good: what waits is as it was', async () => {
    const id = await beginFleet(app, request(addToCloud(app, 6), { concurrency: 1 }));
    beforeInstall(app, 3, () => setStatus(app, id, 'cancelled'));
    expect(await untilFleetEnds(app, id)).toMatchObject({
      status: 'cancelled',
      counts: { succeeded: 3, skipped: 3 },
    });
    const last = (await membersOf(app, id)).at(-1);
    expect(last).toMatchObject({ status: 'skipped', code: 'operation_cancelled' });
    expect(await cloudMachineOf(app, 5)).toBeUndefined();
    expect(app.dns.names.size).toBe(6);
  });
});

describe('an install on many machines and the turns at an authority', () => {
  const hourly = { capacity: 2, refillMs: 3_600_000, scope: 'zone', freeForReplacements: false } as const;

  it('begins a machine when its turn is there, and holds no place before', async () => {
    app.authority.limits = [{ id: 'orders', title: 'Orders', ...hourly }];
    const began = app.clock.now();
    const starts: number[] = [];
    app.faults.before('connectivity.putEndpoint', () => void starts.push(app.clock.now() - began));
    const id = await beginFleet(app, request(addToCloud(app, 5)));
    expect(await untilFleetEnds(app, id)).toMatchObject({ counts: { succeeded: 5 } });
    const hours = starts.map((ms) => Math.round(ms / 3_600_000));
    expect(hours).toEqual([0, 0, 1, 2, 3]);
    expect((await membersOf(app, id)).every(({ operationId }) => operationId !== undefined)).toBe(true);
  });

  it('lets a machine go on at once that has a certificate already', async () => {
    app.authority.limits = [{ id: 'orders', title: 'Orders', ...hourly, capacity: 1 }];
    const ids = addToCloud(app, 2);
    const [first] = ids;
    await untilFleetEnds(app, await beginFleet(app, request([first ?? ''])));
    const { machineId } = fleetMember(0);
    const found = await app.store.read(machineId, 'machine');
    if (!found) throw new Error('no machine');
    const { extension: _, ...bare } = found.document;
    await app.store.commit(machineId, [{ replace: bare, etag: found.etag }]);
    const began = app.clock.now();
    const id = await beginFleet(app, request(ids));
    await untilFleetEnds(app, id);
    const [one, other] = (await membersOf(app, id)).map(
      ({ startedAt = '' }) => Date.parse(startedAt) - began,
    );
    expect(one).toBe(0);
    expect(other).toBeGreaterThan(3_000_000);
  });

  it('gives a turn back that is late after all, with all that it made, and comes again', async () => {
    app.authority.limits = [{ id: 'orders', title: 'Orders', ...hourly, capacity: 1 }];
    // Somebody else takes the only turn while this machine gets there.
    const planner = createReserveTurnActivities(app.ports);
    const since = app.ports.now().toISOString();
    const other = {
      machineId: await addInstalled(app, 7),
      machineName: 'x',
      custody: 'vault',
      since,
    } as const;
    beforeInstall(app, 1, async () => {
      await planner.reserveTurn({
        reservation: 'other',
        request: { ...other, urgency: 'install' },
        passOver: [],
      });
    });
    const id = await beginFleet(app, request(addToCloud(app, 1)));
    expect(await untilFleetEnds(app, id)).toMatchObject({ counts: { succeeded: 1 } });
    const { machineId } = fleetMember(0);
    const operations = await app.store.list(machineId, 'operation', 10);
    expect(operations.map(({ status }) => status).toSorted()).toEqual(['failed', 'succeeded']);
    const given = operations.find(({ status }) => status === 'failed');
    expect(given?.error).toMatchObject({ code: 'operation_cancelled' });
    expect(given?.compensation?.undone).toContain('the DNS records and the relay connection of the name');
  });
});

describe('an install on many machines whose orchestration is gone', () => {
  it('goes on where it was, under another instance id', async () => {
    const id = await beginFleet(app, request(addToCloud(app, 4), { concurrency: 1 }));
    const before = await fleetOf(app, id);
    beforeInstall(app, 2, () => writeStatus(app, id, 'paused'));
    const held = whenHeld(app, id, () => app.host.terminate(before.runId, 'by hand'));
    await untilFleetEnds(app, id);
    expect(await held).toEqual(['succeeded', 'succeeded', 'waiting', 'waiting']);
    await writeStatus(app, id, 'running');
    const after = await reconcileFleetInstall(app.ports, app.client, await fleetOf(app, id));
    expect(after.runId).not.toBe(before.runId);
    expect(await untilFleetEnds(app, id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 4 } });
    expect(app.authority.issued).toHaveLength(4);
  });

  it('starts when a crash came before its start', async () => {
    const { startNew } = app.client;
    app.client.startNew = async () => Promise.reject(new Error('the process is gone'));
    const asked = request(addToCloud(app, 2));
    await expect(beginFleet(app, asked)).rejects.toThrow('the process is gone');
    app.client.startNew = startNew;
    const id = await beginFleet(app, asked);
    expect(await untilFleetEnds(app, id)).toMatchObject({ status: 'succeeded', counts: { succeeded: 2 } });
    expect(await app.store.list('fleet', 'fleet-install-entry', 10)).toHaveLength(1);
  });
});
