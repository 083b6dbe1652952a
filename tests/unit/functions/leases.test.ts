import { beforeEach, describe, expect, it, vi } from 'vitest';
import { watchLeases } from '#functions/timers/watch-leases.ts';
import { leaseInstanceId } from '#orchestrations/names.ts';
import { leasePartition } from '#shared/domain/documents.ts';
import { leaseListReply } from '#shared/protocol/lease-api.ts';
import { idOf, type LeaseRoutes, openLeaseRoutes } from '../../support/lease-routes.ts';
import { machineId } from '../../support/sample-machine.ts';

const engine = vi.hoisted(() => ({ client: undefined as unknown }));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => engine.client,
}));

const hourMs = 3_600_000;
const quiet = { warn() {} };
let routes: LeaseRoutes;
beforeEach(async () => {
  routes = await openLeaseRoutes();
  engine.client = routes.durable;
});

const begin = async (): Promise<string> => (await routes.request()).body.id;
const approved = async (): Promise<string> => {
  const id = await begin();
  await routes.decide(id, 'approver');
  return id;
};

describe('a decision', () => {
  it('is made by somebody who may assign roles; the lease begins then', async () => {
    const id = await begin();
    const { status, body } = await routes.decide(id, 'approver', true, { reason: 'as agreed' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'approved',
      decision: { approved: true, by: { name: 'approver' }, reason: 'as agreed' },
      startsAt: routes.memory.ports.now().toISOString(),
    });
    expect(Date.parse(body.endsAt ?? '') - Date.parse(body.startsAt ?? '')).toBe(hourMs);
    expect((await routes.read(id, 'holder')).body.may.connect).toBe(true);
    expect((await routes.read(id, 'approver')).body.may).toMatchObject({ connect: false, end: true });
    expect(routes.durable.raised).toEqual([leaseInstanceId(machineId, id)]);
  });

  it.each(['lead', 'LEAD'] as const)('is never made by who asked, as %s', async (name) => {
    const id = (await routes.request('lead')).body.id;
    const { status, body } = await routes.decide(id, name);
    expect([status, body['code']]).toEqual([403, 'lease_own_request']);
    expect((await routes.read(id, 'approver')).body.state).toBe('requested');
    expect((await routes.read(id, name)).body.may.decide).toBe(false);
    expect(await routes.audited()).toContainEqual([
      name,
      'request decideLease_post',
      'refused',
      'lease_own_request',
    ]);
  });

  it('is never a program’s', async () => {
    const { status, body } = await routes.decide(await begin(), 'program');
    expect([status, body['code']]).toEqual([403, 'application_not_allowed']);
  });

  it.each(['other', 'reader'] as const)('is not of %s, who sees no lease of others', async (name) => {
    const id = await begin();
    expect((await routes.decide(id, name)).body['code']).toBe('lease_not_found');
    expect((await routes.read(id, name)).body['code']).toBe('lease_not_found');
    expect(await routes.list(name, 'machine')).toEqual([]);
  });

  it('of two at once is one: the other reads that it is past that', async () => {
    const id = await begin();
    const answers = await Promise.all([
      routes.decide(id, 'approver', true),
      routes.decide(id, 'colleague', false),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.find(({ status }) => status === 409)?.body['code']).toBe('lease_state');
    const decided = (await routes.audited()).filter(([, action]) => /approve|deny/.test(String(action)));
    expect(decided).toHaveLength(1);
  });

  it('on what was decided, or has lapsed, comes too late', async () => {
    const id = await begin();
    routes.clock.advance(24 * hourMs);
    expect((await routes.decide(id, 'approver')).body['code']).toBe('lease_state');
    const next = (await routes.request()).body.id;
    await routes.decide(next, 'approver', false);
    expect((await routes.decide(next, 'approver', true)).body).toMatchObject({
      code: 'lease_state',
      state: 'denied',
    });
  });
});

describe('an extension', () => {
  it('is asked for by the holder and decided by somebody else; the end moves with the decision', async () => {
    const id = await approved();
    const { endsAt = '' } = (await routes.extend(id, 'holder')).body;
    expect(await routes.list('approver', 'waiting')).toMatchObject([{ id, may: { decide: true } }]);
    expect((await routes.decide(id, 'holder')).body['code']).toBe('lease_own_request');
    const { body } = await routes.decide(id, 'approver');
    expect(Date.parse(body.endsAt ?? '') - Date.parse(endsAt)).toBe(hourMs / 2);
    expect(body.extensions).toMatchObject([{ minutes: 30, decision: { approved: true } }]);
  });

  it('is not what a page of before it decides on', async () => {
    const id = await begin();
    const { requestedAt } = (await routes.read(id, 'holder')).body;
    await routes.decide(id, 'approver', true, { requestedAt });
    routes.clock.advance(1_000);
    const [asked] = (await routes.extend(id, 'holder')).body.extensions;
    const late = await routes.decide(id, 'approver', true, { requestedAt });
    expect([late.status, late.body]).toMatchObject([409, { code: 'lease_state' }]);
    const meant = await routes.decide(id, 'approver', true, { requestedAt: asked?.requestedAt });
    expect(meant.body.extensions).toMatchObject([{ decision: { approved: true } }]);
  });

  it('is one at a time, of the holder alone, and never beyond a day', async () => {
    const id = await approved();
    expect((await routes.extend(id, 'approver')).body['code']).toBe('access_denied');
    const tooLong = await routes.extend(id, 'holder', 24 * 60 - 59);
    expect(tooLong.body).toMatchObject({ code: 'lease_state', detail: expect.stringContaining('1380') });
    expect((await routes.extend(id, 'holder', 24 * 60 - 60)).status).toBe(200);
    expect((await routes.extend(id, 'holder')).body['code']).toBe('lease_state');
  });
});

describe('the end of a lease', () => {
  const addSession = (leaseId: string) =>
    routes.memory.store.commit(machineId, [
      {
        put: {
          type: 'session',
          key: 'session-1',
          id: 'session-1',
          machineId,
          service: 'WAC',
          user: { id: idOf('holder'), name: 'holder' },
          state: 'open',
          createdAt: routes.clock.now() / 1000,
          expiresAt: routes.clock.now() / 1000 + 3600,
          leaseId,
        },
      },
    ]);

  it.each([
    ['holder', 'given_back'],
    ['approver', 'revoked'],
  ] as const)('by the %s cuts its sessions before it is answered: %s', async (by, reason) => {
    const id = await approved();
    await addSession(id);
    const { status, body } = await routes.end(id, by);
    expect([status, body.state, body.end?.reason]).toEqual([200, 'ended', reason]);
    const session = await routes.memory.store.read(machineId, 'session', 'session-1');
    expect(session?.document).toMatchObject({
      state: 'revoked',
      end: { reason: 'lease_ended', by: { name: by } },
    });
    expect((await routes.end(id, by)).body['code']).toBe('lease_state');
    expect((await routes.request()).status).toBe(201);
  });

  it('before a decision is a withdrawal by who asked; others deny', async () => {
    const id = await begin();
    expect((await routes.end(id, 'approver')).body['code']).toBe('lease_state');
    expect((await routes.end(id, 'holder')).body.state).toBe('withdrawn');
    expect((await routes.end(id, 'other')).body['code']).toBe('lease_not_found');
  });

  it('reaches a flow that missed the hint', async () => {
    const id = await approved();
    routes.durable.raised.length = 0;
    await watchLeases(routes.memory.ports, engine.client as never, quiet);
    expect(routes.durable.raised).toEqual([]);
    routes.clock.advance(2 * hourMs);
    await watchLeases(routes.memory.ports, engine.client as never, quiet);
    expect(routes.durable.raised).toEqual([leaseInstanceId(machineId, id)]);
  });

  it('holds where its flow cannot be told: the timer does that', async () => {
    const id = await approved();
    routes.durable.raised.length = 0;
    vi.spyOn(routes.durable, 'raiseEvent').mockRejectedValueOnce(new Error('503: the host is busy'));
    expect((await routes.end(id, 'holder')).body.state).toBe('ended');
    expect(routes.durable.raised).toEqual([]);
    await watchLeases(routes.memory.ports, engine.client as never, quiet);
    expect(routes.durable.raised).toEqual([leaseInstanceId(machineId, id)]);
  });

  it('leaves no flow to begin when it has done its last act', async () => {
    const id = await approved();
    routes.durable.instances.set(leaseInstanceId(machineId, id), 'Completed');
    await routes.memory.store.commit(leasePartition, [{ remove: 'lease-entry', key: id }]);
    await routes.end(id, 'holder');
    expect(routes.durable.instances.size).toBe(1);
  });
});

describe('lists of leases', () => {
  it('show a person his own, and what waits for his word', async () => {
    const id = await begin();
    const leads = (await routes.request('lead')).body.id;
    expect((await routes.list('holder', 'own')).map((one) => one.id)).toEqual([id]);
    expect(await routes.list('holder', 'waiting')).toEqual([]);
    expect((await routes.list('lead', 'waiting')).map((one) => one.id)).toEqual([id]);
    expect((await routes.list('approver', 'waiting')).map((one) => one.id).toSorted()).toEqual(
      [id, leads].toSorted(),
    );
    await routes.decide(id, 'approver');
    expect((await routes.list('approver', 'waiting')).map((one) => one.id)).toEqual([leads]);
    expect(leaseListReply.parse({ value: await routes.list('holder', 'own') }).value).toHaveLength(1);
    expect((await routes.list('approver', 'machine')).map((one) => one.id)).toHaveLength(2);
    expect(await routes.list('stranger', 'own')).toEqual([]);
  });
});

describe('the policy of a machine', () => {
  const policy = (by: Parameters<LeaseRoutes['call']>[2], body?: object) =>
    body ? routes.call('setLeasePolicy_put', 'PUT', by, body) : routes.call('getLeasePolicy', 'GET', by);

  it('is set by who may assign roles, and seen by all who see the machine', async () => {
    expect((await policy('reader')).body).toEqual({ required: false, byDeployment: false, givesRole: false });
    expect((await policy('holder', { required: true })).body).toMatchObject({
      code: 'access_denied',
      missingAction: 'Microsoft.Authorization/roleAssignments/write',
    });
    expect((await policy('approver', { required: true })).body).toMatchObject({
      required: true,
      setBy: { name: 'approver' },
    });
    await policy('colleague', { required: true });
    expect((await policy('reader')).body).toMatchObject({ required: true, setBy: { name: 'approver' } });
    expect(await routes.audited()).toEqual([
      ['holder', 'request setLeasePolicy_put', 'refused', 'access_denied'],
      ['approver', 'lease policy', 'succeeded', undefined],
    ]);
  });

  it('excepts no machine where the deployment requires leases', async () => {
    Object.assign(routes.memory.ports.leases, { areRequired: true });
    await policy('approver', { required: false });
    expect((await policy('reader')).body).toMatchObject({ required: true, byDeployment: true });
  });
});
