import { beforeEach, describe, expect, it } from 'vitest';
import { fleetPlanReply } from '#shared/protocol/fleet-api.ts';
import { codeOf, type FleetRoutes, group, idOf, openFleetRoutes } from '../../support/fleet-routes.ts';
import { callFunction } from '../../support/function-app.ts';
import { subscriptionId } from '../../support/memory-ports.ts';
import { machine } from '../../support/sample-machine.ts';

let stage: FleetRoutes;
beforeEach(() => {
  stage = openFleetRoutes();
});

const plan = async (body: object, caller?: string) => {
  const { status, body: reply } = await stage.post('planFleetInstall_post', body, caller);
  expect(status).toBe(200);
  return fleetPlanReply.parse(reply);
};

describe('the plan of an install on many machines', () => {
  it('says what will happen to each, and writes nothing', async () => {
    if (!machine.facts) throw new Error('no facts');
    stage.memory.resources.machines.set((stage.resourceIds[1] ?? '').toLowerCase(), {
      ...machine.facts,
      memoryBytes: 2 * 1024 ** 3,
      osName: 'x',
    });
    stage.memory.extension.states.set(stage.resourceIds[2] ?? '', { state: 'succeeded', port: 443 });
    const { total, counts, machines } = await plan({ select: { resourceGroup: group } });
    expect({ total, counts }).toEqual({ total: 3, counts: { install: 1, adopt: 1, refuse: 1, skip: 0 } });
    expect(machines.map(({ action }) => action)).toEqual(['install', 'refuse', 'adopt']);
    const [first, second] = machines;
    expect(first).toMatchObject({ machineId: null, certificateAt: '2026-10-02T12:00:00.000Z', reason: null });
    expect(second?.preconditions.map(({ code }) => code)).toEqual(['operating_system', 'memory']);
    expect(second?.preconditions[1]).toMatchObject({ found: '2 GiB', needed: '3 GiB' });
    expect(second).toMatchObject({ certificateAt: null });
    expect(await stage.memory.store.listMachines()).toEqual([]);
  });

  it('puts certificates where the budgets allow them', async () => {
    const limit = { id: 'orders', title: 'Orders', capacity: 1, refillMs: 3_600_000 } as const;
    stage.memory.authority.limits = [{ ...limit, scope: 'zone', freeForReplacements: false }];
    const { machines, lastCertificateAt } = await plan({ select: { resourceIds: stage.resourceIds } });
    expect(machines.map(({ certificateAt }) => certificateAt?.slice(11, 16))).toEqual([
      '12:00',
      '13:00',
      '14:00',
    ]);
    expect(lastCertificateAt).toBe('2026-10-02T14:00:00.000Z');
  });

  it('passes over what is installed already and what is busy', async () => {
    const extension = { state: 'installed', port: 6516, installedAt: '2026-10-01T00:00:00.000Z' } as const;
    await stage.addKnown(0, { extension });
    const { machines } = await plan({ select: { resourceIds: stage.resourceIds } });
    expect(machines[0]).toMatchObject({
      action: 'skip',
      reason: 'it is installed already',
      machineId: idOf(0),
    });
    const other = await plan({ select: { resourceIds: stage.resourceIds }, install: { port: 443 } });
    expect(other.machines[0]?.action).toBe('install');
  });

  it('refuses a Windows Admin Center that was installed by hand, without consent', async () => {
    const manualInstallation = { foundAt: '2026-10-01T00:00:00.000Z', found: 'version 2 on port 443' };
    await stage.addKnown(0, { manualInstallation });
    const select = { resourceIds: stage.resourceIds };
    expect((await plan({ select })).machines[0]).toMatchObject({
      action: 'refuse',
      reason: 'version 2 on port 443',
    });
    expect((await plan({ select, install: { consent: true } })).machines[0]?.action).toBe('install');
  });

  it('selects by tag: its name in any case, its value to the letter', async () => {
    const tag = { subscriptionId, name: 'role', value: 'web' };
    const { machines } = await plan({ select: { tag } });
    expect(machines.map(({ resourceId }) => resourceId)).toEqual([stage.resourceIds[0]]);
  });

  it('has each machine once, whatever the case of its id', async () => {
    const twice = [...stage.resourceIds, ...stage.resourceIds.map((one) => one.toUpperCase())];
    expect((await plan({ select: { resourceIds: twice } })).total).toBe(3);
  });

  it('names the right that is missing where the caller may see and not install', async () => {
    const { machines } = await plan({ select: { resourceGroup: group } }, 'reader');
    expect(machines.map(({ action }) => action)).toEqual(['refuse', 'refuse', 'refuse']);
    expect(machines[0]?.reason).toContain('Microsoft.HybridCompute/machines/extensions/write');
  });

  it('says of a machine that he may not see what it says of one that is not there', async () => {
    const missing = `${stage.resourceIds[0] ?? ''}-not-there`;
    const listed = await plan({ select: { resourceIds: [...stage.resourceIds, missing] } }, 'partly');
    const reasons = listed.machines.map(({ reason, resourceId }) => reason?.replace(resourceId, '…'));
    expect(reasons).toEqual([
      undefined,
      'there is no machine … that you may see',
      'there is no machine … that you may see',
      'there is no machine … that you may see',
    ]);
    expect(listed.machines.slice(1).map(({ machineId }) => machineId)).toEqual([null, null, null]);
    expect((await plan({ select: { resourceGroup: group } }, 'partly')).total).toBe(1);
  });

  it.each([
    ['no selection', { select: {} }, 'select'],
    ['two selections', { select: { resourceIds: ['x'], resourceGroup: group } }, 'select'],
    ['an empty list', { select: { resourceIds: [] } }, 'select.resourceIds'],
    ['an id of something else', { select: { resourceIds: [group] } }, 'select.resourceIds.0'],
    ['a group that is none', { select: { resourceGroup: '/subscriptions/x' } }, 'select.resourceGroup'],
    [
      'a group above itself',
      { select: { resourceGroup: `${group.slice(0, -8)}..` } },
      'select.resourceGroup',
    ],
    [
      'a subscription that is none',
      { select: { tag: { subscriptionId: 'x', name: 'a', value: 'b' } } },
      'select.tag.subscriptionId',
    ],
    ['a way of its own', { select: { resourceIds: [group] }, install: { direct: null } }, 'install.direct'],
    ['too many at a time', { select: { resourceIds: ['x'] }, concurrency: 101 }, 'concurrency'],
    ['a field that is none', { select: { resourceIds: ['x'] }, dryRun: true }, 'dryRun'],
  ])('is not made for %s', async (_, body, field) => {
    const answer = await stage.post('planFleetInstall_post', body);
    expect(answer.status).toBe(400);
    const { errors } = JSON.parse(String(answer.body)) as { errors: { field: string }[] };
    expect(errors.map((error) => error.field)).toContain(field);
  });

  it('is not made for a group without a machine that the caller may see', async () => {
    const answer = await stage.post(
      'planFleetInstall_post',
      { select: { resourceGroup: group } },
      'stranger',
    );
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({
      status: 404,
      code: 'machine_not_found',
    });
  });

  it('is not made over more than twenty subscriptions', async () => {
    const ids = Array.from({ length: 21 }, (_, index) =>
      (stage.resourceIds[0] ?? '').replace(
        subscriptionId,
        `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      ),
    );
    const answer = await stage.post('planFleetInstall_post', { select: { resourceIds: ids } });
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 400, code: 'invalid_request' });
    expect(stage.memory.faults.calls('resources.tenantOf')).toBe(0);
  });

  it('asks for the roles in a subscription once', async () => {
    await plan({ select: { resourceIds: stage.resourceIds } });
    expect(stage.memory.faults.calls('resources.tenantOf')).toBe(1);
  });

  it('takes two thousand ids of the longest kind and no larger body', async () => {
    const long = 'n'.repeat(60);
    const prefix = `/subscriptions/${subscriptionId}/resourceGroups/${'g'.repeat(90)}/providers/Microsoft.HybridCompute/machines/`;
    const ids = Array.from({ length: 2000 }, (_, index) =>
      `${prefix}${String(index)}${long}`.slice(0, prefix.length + 64),
    );
    expect((await plan({ select: { resourceIds: ids } })).counts.refuse).toBe(2000);
    const headers = { authorization: 'Bearer owner', 'content-length': '1048577' };
    const answer = await callFunction('planFleetInstall_post', { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(413);
  });
});
