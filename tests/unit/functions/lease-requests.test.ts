import { beforeEach, describe, expect, it, vi } from 'vitest';
import { watchLeases } from '#functions/timers/watch-leases.ts';
import { leaseInstanceId } from '#orchestrations/names.ts';
import { leaseReply } from '#shared/protocol/lease-api.ts';
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

describe('a request for a lease', () => {
  it('is on record with who asked, what for and how long, and is followed from then on', async () => {
    const { status, headers, body } = await routes.request('holder', { reference: 'CHG-7' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/machines/${machineId}/leases/${body.id}`);
    expect(leaseReply.parse(body)).toMatchObject({
      state: 'requested',
      service: 'WAC',
      machine: 'web-01',
      requester: { id: idOf('holder'), name: 'holder' },
      purpose: 'replace the disk',
      reference: 'CHG-7',
      minutes: 60,
      givesRole: false,
      may: { decide: false, extend: false, end: true, connect: false },
    });
    expect([...routes.durable.instances.keys()]).toEqual([leaseInstanceId(machineId, body.id)]);
    expect(await routes.audited()).toEqual([['holder', 'lease request', 'succeeded', undefined]]);
  });

  it('that is made again answers the same lease, and another one names it', async () => {
    const id = await begin();
    const again = await routes.request();
    expect([again.status, again.body.id]).toEqual([200, id]);
    const other = await routes.request('holder', { minutes: 90 });
    expect([other.status, other.body['code'], other.body['leaseId']]).toEqual([409, 'lease_exists', id]);
    expect((await routes.request('other')).status).toBe(201);
  });

  it('that is made twice at once begins one lease', async () => {
    const answers = await Promise.all([routes.request(), routes.request(), routes.request()]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(await routes.memory.store.list(machineId, 'lease', 10)).toHaveLength(1);
  });

  it('requirement 94: is in vain without the role, which is named; the audit has it', async () => {
    const { status, body } = await routes.request('reader');
    expect([status, body['code'], body['missingAction']]).toEqual([
      403,
      'access_denied',
      'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action',
    ]);
    expect(await routes.audited()).toEqual([
      ['reader', 'request requestLease_post', 'refused', 'access_denied'],
    ]);
    expect((await routes.request('stranger')).body['code']).toBe('machine_not_found');
  });

  it('comes with the role where leases give one, and says so to who decides', async () => {
    Object.assign(routes.memory.ports.leases, { giveRole: true });
    expect((await routes.request('reader')).body.givesRole).toBe(true);
    expect((await routes.request('holder')).body.givesRole).toBe(false);
  });

  it.each([
    [{ notBefore: '2026-10-16T12:00:01Z' }, 'notBefore'],
    [{ minutes: 4 }, 'minutes'],
    [{ minutes: 1441 }, 'minutes'],
    [{ purpose: '  a  ' }, 'purpose'],
    [{ purpose: 'two\nlines' }, 'purpose'],
    [{ purpose: 'read \u202ebackwards' }, 'purpose'],
    [{ reference: 'half \ud800' }, 'reference'],
  ])('with %j is refused', async (changes, field) => {
    const { status, body } = await routes.request('holder', changes);
    expect([status, body['errors']]).toMatchObject([400, [{ field }]]);
  });

  it('begins anew when the last one lapsed, though nobody wrote that down', async () => {
    const id = await begin();
    routes.clock.advance(25 * hourMs);
    const { status, body } = await routes.request();
    expect(status).toBe(201);
    expect(body.id > id).toBe(true);
    expect((await routes.read(id, 'holder')).body.state).toBe('lapsed');
  });

  it('whose process died before the flow began is followed with the same request, or by the timer', async () => {
    routes.durable.refusals.push(new Error('the process died'));
    expect((await routes.request()).status).toBe(500);
    expect(routes.durable.instances.size).toBe(0);
    expect((await routes.request()).status).toBe(200);
    expect(routes.durable.instances.size).toBe(1);
    routes.durable.instances.clear();
    await watchLeases(routes.memory.ports, engine.client as never, quiet);
    expect(routes.durable.instances.size).toBe(1);
  });

  it('whose flow ended without a word is followed by another', async () => {
    const id = await begin();
    const first = leaseInstanceId(machineId, id);
    routes.durable.instances.set(first, 'Failed');
    await watchLeases(routes.memory.ports, engine.client as never, quiet);
    expect([...routes.durable.instances]).toEqual([
      [first, 'Failed'],
      [expect.stringMatching(new RegExp(`^${first}-`)), 'Running'],
    ]);
  });
});
