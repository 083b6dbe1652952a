import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FleetMachineDocument } from '#shared/domain/documents.ts';
import { newOperation } from '#shared/domain/operation.ts';
import {
  fleetInstallListReply,
  fleetInstallReply,
  fleetMachinesReply,
  fleetReportReply,
} from '#shared/protocol/fleet-api.ts';
import { codeOf, type FleetRoutes, group, idOf, openFleetRoutes } from '../../support/fleet-routes.ts';
import { callFunction } from '../../support/function-app.ts';

/** The host, as far as it is asked. */
const host = vi.hoisted(() => ({
  instances: new Map<string, string>(),
  raised: [] as string[],
}));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async startNew(flow: string, { instanceId }: { instanceId: string }) {
      host.instances.set(instanceId, 'Running');
      return flow;
    },
    async raiseEvent(instance: string, name: string) {
      if (host.instances.get(instance) !== 'Running') throw new Error(`410: ${instance} has ended`);
      host.raised.push(`${name} ${instance}`);
    },
    async getStatus(instance: string) {
      const runtimeStatus = host.instances.get(instance);
      if (runtimeStatus === undefined) throw new Error(`404: no instance ${instance}`);
      return { runtimeStatus };
    },
  }),
}));

let stage: FleetRoutes;
beforeEach(() => {
  stage = openFleetRoutes();
  host.instances.clear();
  host.raised.length = 0;
});

const begin = async (caller?: string, ids = stage.resourceIds) =>
  fleetInstallReply.parse(
    (await stage.post('beginFleetInstall_post', { select: { resourceIds: ids } }, caller)).body,
  );
const params = (fleetInstallId: string) => ({ params: { fleetInstallId } });
const change = (fleetId: string, status: string, caller?: string) =>
  stage.call(
    'changeFleetInstall_patch',
    { method: 'PATCH', ...params(fleetId), body: JSON.stringify({ status }) },
    caller,
  );
async function writeMachine(fleetId: string, index: number, more: Partial<FleetMachineDocument>) {
  const found = await stage.memory.store.read(fleetId, 'fleet-machine', idOf(index));
  if (!found) throw new Error('no such machine');
  await stage.memory.store.commit(fleetId, [{ put: { ...found.document, ...more } }]);
}
async function writeEnd(fleetId: string) {
  const found = await stage.memory.store.read(fleetId, 'fleet-install');
  if (!found) throw new Error('no fleet install');
  const endedAt = '2026-10-02T13:00:00.000Z';
  await stage.memory.store.commit(fleetId, [{ put: { ...found.document, status: 'succeeded', endedAt } }]);
}

describe('an install on many machines', () => {
  it('is accepted with its address and its progress', async () => {
    const answer = await stage.post('beginFleetInstall_post', {
      select: { resourceIds: stage.resourceIds },
      concurrency: 5,
    });
    const reply = fleetInstallReply.parse(answer.body);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/api/fleet-installs/${reply.id}`);
    expect(reply).toMatchObject({
      status: 'running',
      requestedBy: 'owner',
      total: 3,
      percent: 0,
      concurrency: 5,
    });
    expect(reply.counts.waiting).toBe(3);
    expect(host.instances.get(`fleet-${reply.id}`)).toBe('Running');
  });

  it('is refused like its plan', async () => {
    const answer = await stage.post(
      'beginFleetInstall_post',
      { select: { resourceGroup: group } },
      'stranger',
    );
    expect(answer.status).toBe(404);
    expect(host.instances.size).toBe(0);
  });

  it('asks who calls', async () => {
    for (const name of [
      'planFleetInstall_post',
      'beginFleetInstall_post',
      'listFleetInstalls',
      'getFleetInstall',
    ])
      expect((await callFunction(name, { method: 'GET' })).status).toBe(401);
  });

  it('is listed, the newest first: one’s own, and all to whoever may install somewhere', async () => {
    const first = await begin();
    stage.clock.advance(1000);
    const second = await begin('colleague');
    const listed = async () => {
      const { value } = fleetInstallListReply.parse((await stage.call('listFleetInstalls')).body);
      return value.map((one) => one.id);
    };
    expect(await listed()).toEqual([first.id]);
    await stage.addKnown(0);
    stage.memory.ports.machines.forget();
    expect(await listed()).toEqual([second.id, first.id]);
    expect((await stage.call('listFleetInstalls', {}, 'reader')).status).toBe(403);
  });

  it('is shown to whoever began it and to who may install somewhere', async () => {
    await stage.addKnown(0);
    const { id: fleetId } = await begin();
    expect((await stage.call('getFleetInstall', params(fleetId))).status).toBe(200);
    expect((await stage.call('getFleetInstall', params(fleetId), 'colleague')).status).toBe(200);
    expect((await stage.call('getFleetInstall', params(fleetId), 'reader')).status).toBe(403);
  });

  it.each(['unknown', 'revocations', 'fleet', '../x', ''])(
    'that is not there is said so: %s',
    async (fleetId) => {
      await stage.addKnown(0);
      const answer = await stage.call('getFleetInstall', params(fleetId));
      expect({ status: answer.status, code: codeOf(answer) }).toEqual({
        status: 404,
        code: 'fleet_install_not_found',
      });
    },
  );

  it('is paused, goes on and is cancelled; the same again is harmless', async () => {
    const { id: fleetId } = await begin();
    for (const status of ['paused', 'paused', 'running', 'cancelled', 'cancelled']) {
      const answer = await change(fleetId, status);
      expect({ http: answer.status, ...(answer.body as object) }).toMatchObject({ http: 200, status });
    }
    expect(host.raised).toEqual(Array.from({ length: 5 }, () => `fleetChanged fleet-${fleetId}`));
    const late = await change(fleetId, 'running');
    expect({ status: late.status, code: codeOf(late) }).toEqual({ status: 409, code: 'fleet_install_ended' });
  });

  it('that has ended cannot be changed', async () => {
    const { id: fleetId } = await begin();
    await writeEnd(fleetId);
    expect(codeOf(await change(fleetId, 'paused'))).toBe('fleet_install_ended');
    expect((await change(fleetId, 'succeeded')).status).toBe(400);
  });

  it('is changed by others only where they may install on all that is left', async () => {
    await stage.addKnown(0);
    const { id: fleetId } = await begin();
    const refused = await change(fleetId, 'paused', 'partly');
    expect({ status: refused.status, code: codeOf(refused) }).toEqual({ status: 403, code: 'access_denied' });
    expect((await change(fleetId, 'paused', 'colleague')).status).toBe(200);
    for (const index of [1, 2]) await writeMachine(fleetId, index, { status: 'succeeded' });
    expect((await change(fleetId, 'running', 'partly')).status).toBe(200);
  });

  it('whose run ended without a word is begun again by whoever looks', async () => {
    const { id: fleetId } = await begin();
    host.instances.set(`fleet-${fleetId}`, 'Failed');
    expect((await stage.call('getFleetInstall', params(fleetId))).status).toBe(200);
    const found = await stage.memory.store.read(fleetId, 'fleet-install');
    expect(found?.document.runId).not.toBe(`fleet-${fleetId}`);
    expect(host.instances.get(found?.document.runId ?? '')).toBe('Running');
    host.instances.set(found?.document.runId ?? '', 'Completed');
    await writeEnd(fleetId);
    await stage.call('getFleetInstall', params(fleetId));
    expect([...host.instances.values()]).toEqual(['Failed', 'Completed']);
  });
});

describe('a machine whose install was ended from outside', () => {
  it('is said so by whoever looks hours later', async () => {
    const { id: fleetId } = await begin();
    await stage.addKnown(0);
    const operationId = `${idOf(0)}.one`;
    const at = stage.memory.ports.now().toISOString();
    const by = { id: 'a', name: 'a' };
    const operation = newOperation(operationId, idOf(0), 'install', by, at);
    await stage.memory.store.commit(idOf(0), [
      { create: { ...operation, type: 'operation', key: operationId, input: {} } },
    ]);
    await writeMachine(fleetId, 0, { status: 'running', operationId, startedAt: at });
    host.instances.set(operationId, 'Terminated');
    const look = async () => {
      await stage.call('getFleetInstall', params(fleetId));
      return (await stage.memory.store.read(idOf(0), 'operation', operationId))?.document;
    };
    expect((await look())?.status).toBe('running');
    stage.clock.advance(3 * 3_600_000);
    expect(await look()).toMatchObject({ status: 'failed', error: { code: 'operation_interrupted' } });
  });
});

describe('the machines of an install on many machines', () => {
  it('are shown with their progress, those of one status where it is asked for', async () => {
    const { id: fleetId } = await begin();
    await writeMachine(fleetId, 0, { status: 'succeeded', endedAt: '2026-10-02T12:30:00.000Z' });
    const of = async (path = '/') =>
      fleetMachinesReply.parse(
        (await stage.call('listFleetInstallMachines', { ...params(fleetId), path })).body,
      ).value;
    const all = await of();
    expect(all.map(({ status, percent }) => [status, percent])).toEqual([
      ['succeeded', 100],
      ['waiting', 0],
      ['waiting', 0],
    ]);
    expect(await of('/?status=succeeded')).toHaveLength(1);
    const wrong = { ...params(fleetId), path: '/?status=done' };
    expect((await stage.call('listFleetInstallMachines', wrong)).status).toBe(400);
  });

  it('are shown to each as he may see them', async () => {
    await stage.addKnown(0);
    const missing = `${stage.resourceIds[0] ?? ''}-not-there`;
    const { id: fleetId } = await begin('partly', [...stage.resourceIds, missing]);
    const of = async (caller: string) =>
      fleetMachinesReply.parse((await stage.call('listFleetInstallMachines', params(fleetId), caller)).body)
        .value;
    expect((await of('partly')).map(({ machineId }) => machineId)).toEqual([idOf(0), null, null, null]);
    expect((await of('colleague')).map(({ machineId }) => machineId)).toEqual([idOf(0)]);
  });
});

describe('the report of an install on many machines', () => {
  const report = (fleetId: string, format?: string) =>
    stage.call('exportFleetInstall', {
      ...params(fleetId),
      path: format === undefined ? '/' : `/?format=${format}`,
    });

  it('is a file of its machines, in which nothing is a formula', async () => {
    const { id: fleetId } = await begin();
    await writeMachine(fleetId, 0, {
      status: 'failed',
      name: '=cmd|calc',
      code: 'extension_failed',
      detail: 'a, "b"\nc',
      remedy: '-1',
    });
    const { status, headers, body } = await report(fleetId, 'csv');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="fleet-install-${fleetId}.csv"`);
    const [head, first] = String(body).split('\r\n');
    expect(head).toBe(
      'name,status,code,detail,remedy,startedAt,endedAt,percent,machineId,operationId,resourceId',
    );
    expect(first).toMatch(/^'=cmd\|calc,failed,extension_failed,"a, ""b""\nc",'-1,,,100,/);
    expect(String(body).endsWith('\r\n')).toBe(true);
  });

  it('is JSON too, as an attachment', async () => {
    const { id: fleetId } = await begin();
    const { body, headers } = await report(fleetId);
    const { fleetInstall, machines } = fleetReportReply.parse(body);
    expect({ id: fleetInstall.id, machines: machines.length }).toEqual({ id: fleetId, machines: 3 });
    expect(headers.get('content-disposition')).toContain('.json"');
    expect((await report(fleetId, 'xlsx')).status).toBe(400);
  });
});
