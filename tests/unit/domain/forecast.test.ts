import { describe, expect, it } from 'vitest';
import type { Waiter } from '#shared/domain/budget.ts';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import { type AuthorityBudget, type FleetCertificate, scheduleFleet } from '#shared/domain/fleet-schedule.ts';
import { forecastFleet } from '#shared/domain/forecast.ts';
import { forecastReply } from '#shared/protocol/certificate-api.ts';
import { day, hour, iso, limit, minute } from '../../support/planner.ts';

/** A Wednesday. */
const now = Date.parse('2026-10-07T12:00:00.000Z');

const budget = (changes: Partial<AuthorityBudget> = {}): AuthorityBudget => ({
  name: 'first',
  authority: 'https://first.test/directory',
  custodies: ['vault', 'machine'],
  limits: [limit({ capacity: 2, refillMs: hour })],
  buckets: [],
  waiters: [],
  ...changes,
});
/** The two tokens are gone. */
const spent = [{ id: 'orders', fullAt: now + 2 * hour }];
const waiter = (machineId: string, changes: Partial<Waiter> = {}): Waiter => ({
  machineId,
  urgency: 'renewal',
  since: iso(now - hour),
  turnAt: iso(now),
  needs: ['orders'],
  ...changes,
});

const leaf = (ends: number, changes: Partial<IssuedLeaf> = {}): IssuedLeaf => ({
  thumbprint: 'ab',
  serialNumber: '01',
  notBefore: iso(ends - 90 * day),
  notAfter: iso(ends),
  machineName: 'n',
  hostNames: ['n.wac.test', '*.n.wac.test'],
  custody: 'vault',
  version: '1',
  issuedBy: { name: 'first', authority: 'https://first.test/directory', account: 'account' },
  issuedAt: iso(ends - 90 * day),
  servedAt: iso(ends - 90 * day),
  ...changes,
});
const served = (machineId: string, changes: Partial<FleetCertificate> = {}): FleetCertificate => ({
  machineId,
  state: 'served',
  custody: 'vault',
  leaf: leaf(now + 30 * day),
  dueAt: iso(now + day),
  ...changes,
});

const forecast = (authorities: AuthorityBudget[], certificates: FleetCertificate[] = []) =>
  forecastFleet(authorities, certificates, now);

describe('the forecast of an authority', () => {
  it.each([
    ['nothing was taken', [], { used: 0, free: 2, fullAt: iso(now) }],
    ['all was spent', spent, { used: 2, free: 0, fullAt: iso(now + 2 * hour) }],
    [
      'one is on its way back',
      [{ id: 'orders', fullAt: now + minute }],
      { used: 1, free: 1, fullAt: iso(now + minute) },
    ],
    [
      'one is reserved',
      [{ id: 'orders', fullAt: 0, held: [now] }],
      { used: 1, free: 1, fullAt: iso(now + hour) },
    ],
  ])('says what is used and free when %s', (_, buckets, expected) => {
    const [authority] = forecast([budget({ buckets })]).authorities;
    expect(authority?.limits).toEqual([
      { id: 'orders', title: 'Orders', capacity: 2, refillSeconds: 3600, ...expected },
    ]);
  });

  it('shows the limits that machines share, of the account with the fewest tokens', () => {
    const limits = [limit({ id: 'per-account', scope: 'account' }), limit({ id: 'own', scope: 'machine' })];
    const buckets = [
      { id: 'per-account:old', fullAt: now + 90_000 },
      { id: 'per-account:new', fullAt: now + 30_000 },
    ];
    const [authority] = forecast([budget({ limits, buckets })]).authorities;
    expect(authority?.limits).toMatchObject([{ id: 'per-account', used: 2 }]);
  });

  it('counts the queue by urgency, without those who did not come back', () => {
    const waiters = [
      waiter('a', { urgency: 'urgent' }),
      waiter('b', { urgency: 'install' }),
      waiter('c', { urgency: 'install' }),
      waiter('d', { turnAt: iso(now - 2 * hour) }),
    ];
    expect(forecast([budget({ waiters })]).authorities[0]?.queue).toEqual({
      urgent: 1,
      install: 2,
      renewal: 0,
    });
  });

  it('says that it is closed, until when and why, and nothing of a closure that is over', () => {
    const closure = (until: number) =>
      ({ until: iso(until), reason: 'rate-limited', detail: 'Too many.', count: 2 }) as const;
    const closedUntil = (until: number) =>
      forecast([budget({ closure: closure(until) })]).authorities[0]?.closed;
    expect(closedUntil(now + hour)).toEqual({
      until: iso(now + hour),
      reason: 'rate-limited',
      detail: 'Too many.',
    });
    expect(closedUntil(now)).toBeNull();
  });
});

describe('the schedule of the fleet', () => {
  const turns = (authorities: AuthorityBudget[], certificates: FleetCertificate[] = []) =>
    Object.fromEntries(
      scheduleFleet(authorities, certificates, now).map(({ machineId, turnAt }) => [
        machineId,
        (turnAt - now) / hour,
      ]),
    );

  it('gives a token each to those who wait, in their order', () => {
    const waiters = [waiter('renewal'), waiter('install', { urgency: 'install' })];
    const urgent = waiter('urgent', { urgency: 'urgent', expiresAt: iso(now + day) });
    expect(turns([budget({ buckets: spent, waiters: [...waiters, urgent] })])).toEqual({
      urgent: 1,
      install: 2,
      renewal: 3,
    });
  });

  it('has nobody’s turn before he asks, nor before a closed authority opens', () => {
    const waiters = [waiter('a', { turnAt: iso(now + 5 * hour) }), waiter('b')];
    expect(turns([budget({ waiters })])).toEqual({ a: 5, b: 0 });
    const closure = { until: iso(now + 6 * hour), reason: 'outage', detail: 'No.', count: 1 } as const;
    expect(turns([budget({ waiters, closure })])).toEqual({ a: 6, b: 6 });
  });

  it('gives what falls due the tokens that are left then, at the authority that has one first', () => {
    const due = (id: string, inHours: number) => served(id, { dueAt: iso(now + inHours * hour) });
    const four = [due('a', 2), due('b', 2), due('c', 2), due('d', 2.5)];
    expect(turns([budget()], four)).toEqual({ a: 2, b: 2, c: 3, d: 4 });
    const second = budget({ name: 'second', authority: 'https://second.test/directory' });
    expect(turns([budget(), second], four)).toEqual({ a: 2, b: 2, c: 2, d: 2.5 });
  });

  it('takes no token for a renewal at an authority where replacing is free', () => {
    const limits = [limit({ capacity: 1, refillMs: day, freeForReplacements: true })];
    const foreign = { name: 'x', authority: 'https://x.test/directory', account: 'x' };
    const all = [
      ...['a', 'b', 'c'].map((id) => served(id, { dueAt: iso(now) })),
      ...['x', 'y'].map((id) =>
        served(id, { dueAt: iso(now), leaf: leaf(now + day, { issuedBy: foreign }) }),
      ),
    ];
    expect(turns([budget({ limits })], all)).toEqual({ a: 0, b: 0, c: 0, x: 0, y: 24 });
  });

  it('gives a machine that holds its key no turn at an authority that cannot sign for it', () => {
    const integrated = budget({ custodies: ['vault'] });
    const acme = budget({ name: 'acme', authority: 'https://acme.test/directory', buckets: spent });
    const all = [served('a', { dueAt: iso(now) }), served('b', { dueAt: iso(now), custody: 'machine' })];
    expect(turns([integrated, acme], all)).toEqual({ a: 0, b: 1 });
  });

  it('leaves out orders that are open, and machines that gave their certificate up', () => {
    const all = [served('a', { state: 'ordered' }), served('b', { state: 'withdrawn' })];
    expect(turns([budget()], all)).toEqual({});
  });
});

describe('the forecast of the fleet', () => {
  it('says nothing alarming of a fleet that renews in time', () => {
    expect(forecast([budget()], [served('a'), served('b'), served('c')])).toMatchObject({
      states: { served: 3 },
      lastTurnAt: null,
      firstAtRisk: null,
      atRisk: 0,
    });
  });

  it('has the date of the last one that waits, and not of what only falls due later', () => {
    const waiting = served('planned', { state: 'waiting', dueAt: iso(now + 5 * hour) });
    const waiters = [waiter('a'), waiter('b')];
    expect(forecast([budget({ buckets: spent, waiters })], [served('c')]).lastTurnAt).toBe(
      iso(now + 2 * hour),
    );
    expect(forecast([budget({ buckets: spent, waiters })], [served('c'), waiting]).lastTurnAt).toBe(
      iso(now + 5 * hour),
    );
  });

  it('names the first certificate that ends before its turn', () => {
    const waiters = [
      waiter('in-time', { urgency: 'urgent', expiresAt: iso(now + hour + 1) }),
      waiter('late', { urgency: 'urgent', expiresAt: iso(now + 2 * hour - 1) }),
      waiter('later', { urgency: 'urgent', expiresAt: iso(now + 2.5 * hour) }),
    ];
    expect(forecast([budget({ buckets: spent, waiters })])).toMatchObject({
      firstAtRisk: { machineId: 'late', expiresAt: iso(now + 2 * hour - 1), turnAt: iso(now + 2 * hour) },
      atRisk: 2,
    });
  });

  it('sees that one which is not due yet will find no token before its end', () => {
    const limits = [limit({ capacity: 1, refillMs: 3 * day })];
    const ends = leaf(now + 4 * day);
    const all = ['a', 'b', 'c'].map((id) => served(id, { leaf: ends, dueAt: iso(now + 2 * day) }));
    expect(forecast([budget({ limits })], all)).toMatchObject({
      atRisk: 2,
      firstAtRisk: { machineId: 'b', turnAt: iso(now + 5 * day) },
    });
  });

  it('of a machine that waits while its newest leaf was never served goes by the one in service', () => {
    const { servedAt: _, ...unserved } = leaf(now + 90 * day);
    const all = [
      served('a', {
        state: 'waiting',
        leaf: unserved,
        previous: leaf(now + hour),
        dueAt: iso(now + 2 * hour),
      }),
    ];
    expect(forecast([budget()], all)).toMatchObject({
      atRisk: 1,
      firstAtRisk: { expiresAt: iso(now + hour) },
    });
  });

  it('counts expiries and due dates by week, from this Monday on', () => {
    const at = (text: string) => Date.parse(`${text}Z`);
    const ends = (text: string) => leaf(at(text));
    const due = (text: string) => iso(at(text));
    const all = [
      served('ended', { leaf: ends('2026-10-07T11:00:00'), dueAt: due('2026-09-01T00:00:00') }),
      served('this-week', { leaf: ends('2026-10-11T23:59:59'), dueAt: due('2026-10-08T00:00:00') }),
      served('next-week', { leaf: ends('2026-10-12T00:00:00'), dueAt: due('2026-10-12T00:00:00') }),
      served('last-week', { leaf: ends('2027-04-04T23:00:00'), dueAt: due('2027-03-29T00:00:00') }),
      served('beyond', { leaf: ends('2027-04-05T00:00:00'), dueAt: due('2027-04-05T00:00:00') }),
      served('given-up', { state: 'withdrawn', leaf: ends('2026-10-11T00:00:00') }),
    ];
    const { weeks } = forecast([budget({ limits: [] })], all);
    expect(weeks).toHaveLength(26);
    expect(weeks.filter(({ expiring, due: dues }) => expiring + dues > 0)).toEqual([
      { from: '2026-10-05T00:00:00.000Z', expiring: 1, due: 2 },
      { from: '2026-10-12T00:00:00.000Z', expiring: 1, due: 1 },
      { from: '2027-03-29T00:00:00.000Z', expiring: 1, due: 1 },
    ]);
  });

  it('is a reply of the API', () => {
    const waiters = [waiter('a', { urgency: 'urgent', expiresAt: iso(now) })];
    const reply = forecast([budget({ buckets: spent, waiters })], [served('b')]);
    expect(forecastReply.parse(reply)).toEqual(reply);
  });
});
