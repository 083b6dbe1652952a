import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { addInstalled } from '../support/fleet.ts';
import {
  addToCloud,
  allowInstalls,
  beforeInstall,
  beginFleet,
  caller,
  cloudMachineOf,
  membersOf,
  openFleetWorld,
  request,
  statusesOf,
  untilFleetEnds,
} from '../support/fleet-install.ts';
import { machine } from '../support/sample-machine.ts';

let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  openFleetWorld(app);
});
afterEach(() => app.close());

describe('an install on many machines', () => {
  it('installs on each: one operation, one name and one certificate for each', async () => {
    const id = await beginFleet(app, request(addToCloud(app, 12)));
    expect(await untilFleetEnds(app, id)).toMatchObject({
      status: 'succeeded',
      counts: { succeeded: 12, waiting: 0 },
    });
    const members = await membersOf(app, id);
    expect(new Set(members.map(({ operationId }) => operationId)).size).toBe(12);
    expect(app.authority.issued).toHaveLength(12);
    for (const index of [0, 11]) {
      const found = await cloudMachineOf(app, index);
      expect(found).toMatchObject({ extension: { state: 'installed', port: 6516 } });
      expect(found).not.toHaveProperty('currentOperation');
    }
  });

  it('works on no more machines at a time than was wished for', async () => {
    const id = await beginFleet(app, request(addToCloud(app, 16), { concurrency: 5 }));
    let most = 0;
    app.faults.before('connectivity.putEndpoint', async () => {
      const running = (await statusesOf(app, id)).filter((status) => status === 'running');
      most = Math.max(most, running.length);
    });
    await untilFleetEnds(app, id);
    expect(most).toBeGreaterThan(3);
    expect(most).toBeLessThanOrEqual(5);
    expect(app.activities.filter((name) => name === 'takeForInstall')).toHaveLength(16);
  });

  it('gives all of them port, keys and consent', async () => {
    const [resourceId = ''] = addToCloud(app, 1);
    const install = { port: 443, keys: 'machine', consent: true } as const;
    const id = await beginFleet(app, request([resourceId], { install }));
    await app.host.settled();
    const [member] = await membersOf(app, id);
    const [operation] = await app.store.list(member?.key ?? '', 'operation', 1);
    expect(operation?.input).toMatchObject({ port: 443, custody: 'machine', consent: { id: caller.id } });
    expect(operation?.requestedBy).toEqual({ id: caller.id, name: caller.name, kind: 'user' });
  });

  it('passes over what is installed already, and what another operation holds', async () => {
    const ids = addToCloud(app, 3);
    await addInstalled(app, 0);
    const held = await addInstalled(app, 1);
    const found = await app.store.read(held, 'machine');
    if (!found) throw new Error('no machine');
    const currentOperation = { id: `${held}.other`, kind: 'uninstall' } as const;
    const operation = { id: currentOperation.id, kind: 'uninstall', status: 'running', steps: [] } as const;
    const document = {
      ...operation,
      type: 'operation',
      machineId: held,
      key: operation.id,
      input: {},
    } as const;
    const by = { createdAt: '2026-10-01T12:00:00.000Z', requestedBy: caller };
    await app.store.commit(held, [
      { replace: { ...found.document, currentOperation }, etag: found.etag },
      { create: { ...document, ...by, steps: [] } },
    ]);
    const id = await beginFleet(app, request(ids));
    await untilFleetEnds(app, id);
    const [first, second, third] = await membersOf(app, id);
    expect(first).toMatchObject({ status: 'skipped', detail: 'it is installed already' });
    expect(first).not.toHaveProperty('code');
    expect(second).toMatchObject({
      status: 'skipped',
      code: 'operation_in_progress',
      operationId: currentOperation.id,
      detail: 'uninstall runs on this machine',
    });
    expect(third?.status).toBe('succeeded');
  });

  it('refuses a machine with every requirement that it does not meet, and keeps that on its record', async () => {
    const [resourceId = ''] = addToCloud(app, 1);
    if (!machine.facts) throw new Error('no facts');
    const facts = { ...machine.facts, memoryBytes: 1024 ** 3, osName: 'Windows 10' };
    app.resources.machines.set(resourceId.toLowerCase(), facts);
    const id = await beginFleet(app, request([resourceId]));
    expect(await untilFleetEnds(app, id)).toMatchObject({ status: 'succeeded', counts: { refused: 1 } });
    const [member] = await membersOf(app, id);
    expect(member).toMatchObject({ status: 'refused', code: 'precondition_unmet' });
    expect(member?.detail).toMatch(/operating system.*memory/);
    expect(member?.remedy).toMatch(/Upgrade the operating system.*Give the machine at least 3 GiB/);
    const [audit] = await app.store.list(member?.key ?? '', 'audit', 1);
    expect(audit).toMatchObject({ action: 'install begin', outcome: 'refused', actor: { id: caller.id } });
  });

  it('asks for the right again when the turn of a machine comes', async () => {
    const ids = addToCloud(app, 2);
    const asked = request(ids, { concurrency: 1 });
    beforeInstall(app, 1, async () => allowInstalls(app, caller.id, ids[0]));
    const id = await beginFleet(app, asked);
    await untilFleetEnds(app, id);
    const [first, second] = await membersOf(app, id);
    expect(first?.status).toBe('succeeded');
    expect(second).toMatchObject({ status: 'refused', code: 'access_denied' });
  });

  it('refuses a machine that was deleted in between, and goes on', async () => {
    const ids = addToCloud(app, 3);
    const [, second = ''] = ids;
    beforeInstall(app, 1, async () => void app.resources.machines.delete(second.toLowerCase()));
    const id = await beginFleet(app, request(ids, { concurrency: 1 }));
    await untilFleetEnds(app, id);
    expect(await statusesOf(app, id)).toEqual(['succeeded', 'refused', 'succeeded']);
    expect((await membersOf(app, id))[1]).toMatchObject({ code: 'machine_not_found' });
  });

  it('records an install that fails with what to do, and goes on', async () => {
    const ids = addToCloud(app, 3);
    const refused = new AppError('resource_manager_refused', 'a policy denies it');
    app.faults.fail('connectivity.putEndpoint', refused, 1);
    const id = await beginFleet(app, request(ids, { concurrency: 1 }));
    expect(await untilFleetEnds(app, id)).toMatchObject({
      status: 'succeeded',
      counts: { failed: 1, succeeded: 2 },
    });
    const [first] = await membersOf(app, id);
    expect(first).toMatchObject({ status: 'failed', code: 'resource_manager_refused' });
    expect(first?.remedy).toContain('Give the app identity the rights');
  });

  it('reads the facts of a machine that is not known yet once', async () => {
    await untilFleetEnds(app, await beginFleet(app, request(addToCloud(app, 4))));
    expect(app.faults.calls('resources.findMachine')).toBe(4);
  });

  it('looks at the zone once for all machines of a minute', async () => {
    await untilFleetEnds(app, await beginFleet(app, request(addToCloud(app, 2), { concurrency: 1 })));
    // Each order looks too.
    expect(app.faults.calls('publicDns.checkDelegation')).toBe(1 + 2);
  });

  it('makes no more records a minute than the zone takes', async () => {
    app.ports.recordsPerMinute = 6;
    const began = app.clock.now();
    const starts: number[] = [];
    app.faults.before('connectivity.putEndpoint', () => void starts.push(app.clock.now() - began));
    await untilFleetEnds(app, await beginFleet(app, request(addToCloud(app, 5))));
    expect(starts).toEqual([0, 30_000, 60_000, 90_000, 120_000]);
  });
});

describe('the same install on many machines', () => {
  it('asked for twice by one person is one', async () => {
    const ids = addToCloud(app, 3);
    const first = await beginFleet(app, request(ids));
    const again = await beginFleet(app, request(ids.map((id) => id.toUpperCase()).toReversed()));
    expect(again).toBe(first);
    await untilFleetEnds(app, first);
    expect(app.authority.issued).toHaveLength(3);
  });

  it('asked for twice at the same moment is one', async () => {
    const ids = addToCloud(app, 3);
    const [one, other] = await Promise.all([beginFleet(app, request(ids)), beginFleet(app, request(ids))]);
    expect(other).toBe(one);
    await untilFleetEnds(app, one);
    expect(await app.store.list('fleet', 'fleet-install-entry', 10)).toHaveLength(1);
  });

  it('asked for after its end passes over what is installed', async () => {
    const ids = addToCloud(app, 2);
    const first = await beginFleet(app, request(ids));
    await untilFleetEnds(app, first);
    const second = await beginFleet(app, request(ids));
    expect(second).not.toBe(first);
    await untilFleetEnds(app, second);
    expect(await statusesOf(app, second)).toEqual(['skipped', 'skipped']);
    expect(app.authority.issued).toHaveLength(2);
  });

  it('asked for by two people at once installs on each machine once', async () => {
    const ids = addToCloud(app, 8);
    const colleague = { ...caller, id: '00000000-0000-4000-8000-0000000000c9', name: 'other@example.test' };
    allowInstalls(app, colleague.id);
    const [one, other] = await Promise.all([
      beginFleet(app, request(ids)),
      beginFleet(app, request(ids), colleague),
    ]);
    expect(other).not.toBe(one);
    await Promise.all([untilFleetEnds(app, one), untilFleetEnds(app, other)]);
    const both = [...(await membersOf(app, one)), ...(await membersOf(app, other))];
    expect(both.filter(({ status }) => status === 'succeeded')).toHaveLength(8);
    expect(both.filter(({ status }) => status === 'skipped')).toHaveLength(8);
    expect(app.authority.issued).toHaveLength(8);
  });
});
