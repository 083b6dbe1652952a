import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bucket, Urgency, Waiter } from '#shared/domain/budget.ts';
import { takeToken } from '#shared/domain/token-bucket.ts';
import { type BudgetView, compareStanding, decideTurn, type TurnQuestion } from '#shared/domain/turn.ts';
import { day, hour, iso, limit, minute, start, turnRequest } from '../../support/planner.ts';

const now = start;
const account = 'https://a.test/account/1';

const empty = (id = 'orders'): Bucket => ({ id, fullAt: now + 2 * minute });
const view = (changes: Partial<BudgetView> = {}): BudgetView => ({
  limits: [limit()],
  account,
  buckets: [],
  waiters: [],
  ...changes,
});
const question = (changes: Partial<TurnQuestion> = {}): TurnQuestion => ({
  ...turnRequest('m'),
  isReplacement: false,
  isSameNames: false,
  ...changes,
});
const waiter = (machineId: string, changes: Partial<Waiter> = {}): Waiter => ({
  machineId,
  urgency: 'install',
  since: iso(now - hour),
  turnAt: iso(now),
  needs: ['orders'],
  ...changes,
});
const closure = {
  until: iso(now + hour),
  reason: 'outage',
  detail: 'It does not answer.',
  count: 1,
} as const;
/** A leaf of six days that has so much time left. */
const leaf = (leftMs: number) => ({
  notBefore: iso(now + leftMs - 6 * day),
  notAfter: iso(now + leftMs),
});

describe('a turn', () => {
  it('is now where there is a token, and takes one of every limit', () => {
    const limits = [
      limit(),
      limit({ id: 'per-account', scope: 'account' }),
      limit({ id: 'per-machine', scope: 'machine' }),
    ];
    const decided = decideTurn(view({ limits }), question(), now);
    expect(decided).toEqual({
      kind: 'now',
      taken: [
        { limit: limits[0], bucket: takeToken({ id: 'orders', fullAt: 0 }, now) },
        { limit: limits[1], bucket: takeToken({ id: `per-account:${account}`, fullAt: 0 }, now) },
        { limit: limits[2], bucket: takeToken({ id: 'per-machine:name-m', fullAt: 0 }, now) },
      ],
    });
  });

  it('is when the token is there, and says which limit is waited for', () => {
    expect(decideTurn(view({ buckets: [empty()] }), question(), now)).toEqual({
      kind: 'later',
      at: iso(now + minute),
      ahead: 0,
      reason: 'Orders: 2 at once and one more every 60 s.',
      waiter: {
        machineId: 'm',
        urgency: 'install',
        since: iso(start),
        turnAt: iso(now + minute),
        needs: ['orders'],
      },
    });
  });

  it('is behind the tokens of those who go before', () => {
    const waiters = [waiter('a'), waiter('b', { urgency: 'urgent' }), waiter('c', { urgency: 'renewal' })];
    const decided = decideTurn(view({ buckets: [empty()], waiters }), question(), now);
    expect(decided).toMatchObject({ kind: 'later', ahead: 2, at: iso(now + 3 * minute) });
  });

  it('is not now while others that go before need the tokens', () => {
    expect(decideTurn(view({ waiters: [waiter('a')] }), question(), now).kind).toBe('now');
    const two = view({ waiters: [waiter('a'), waiter('b')] });
    expect(decideTurn(two, question(), now)).toMatchObject({
      kind: 'later',
      ahead: 2,
      at: iso(now + minute),
    });
  });

  it('is not kept back by one that did not come back for an hour', () => {
    const waiters = ['a', 'b'].map((id) => waiter(id, { turnAt: iso(now - hour - 1) }));
    expect(decideTurn(view({ waiters }), question(), now).kind).toBe('now');
    const present = ['a', 'b'].map((id) => waiter(id, { turnAt: iso(now - hour) }));
    expect(decideTurn(view({ waiters: present }), question(), now).kind).toBe('later');
  });

  it('is not kept back by one that waits for another limit', () => {
    const waiters = [waiter('a', { needs: ['others'] }), waiter('b', { needs: [] })];
    expect(decideTurn(view({ waiters }), question(), now).kind).toBe('now');
  });

  it('holds nobody up when its own machine’s limit is what is waited for', () => {
    const limits = [limit(), limit({ id: 'own', scope: 'machine', refillMs: day, capacity: 1 })];
    const buckets = [{ id: 'own:name-m', fullAt: now + day }];
    expect(decideTurn(view({ limits, buckets }), question(), now)).toMatchObject({
      at: iso(now + day),
      waiter: { needs: [] },
    });
  });

  it('keeps its place when it asks again', () => {
    const waiters = [waiter('m', { since: iso(now - day) })];
    const decided = decideTurn(view({ buckets: [empty()], waiters }), question(), now);
    expect(decided).toMatchObject({ ahead: 0, waiter: { since: iso(now - day) } });
  });

  it('costs a replacement nothing where replacing is free', () => {
    const limits = [limit({ freeForReplacements: true })];
    const spent = view({ limits, buckets: [empty()], waiters: [waiter('a', { urgency: 'urgent' })] });
    expect(decideTurn(spent, question({ isReplacement: true }), now)).toEqual({ kind: 'now', taken: [] });
    expect(decideTurn(spent, question({ isSameNames: true }), now)).toMatchObject({ kind: 'later' });
    expect(decideTurn(spent, question(), now).kind).toBe('later');
  });

  it('is not before the end of a closure, free or not', () => {
    const limits = [limit({ freeForReplacements: true })];
    for (const isReplacement of [true, false]) {
      expect(decideTurn(view({ limits, closure }), question({ isReplacement }), now)).toMatchObject({
        at: closure.until,
        reason: `The authority takes no orders until ${closure.until} (outage): It does not answer.`,
      });
    }
  });

  it('after a closure is by the tokens that there are at its end', () => {
    const waiters = ['a', 'b', 'c'].map((id) => waiter(id));
    const decided = decideTurn(view({ closure, buckets: [empty()], waiters }), question(), now);
    expect(decided).toMatchObject({ ahead: 3, at: iso(now + hour + 2 * minute) });
  });

  it('of a closed authority whose account is unknown counts the emptiest account’s tokens', () => {
    const limits = [limit({ scope: 'account', refillMs: hour })];
    const buckets = [
      { id: 'orders:old', fullAt: now },
      { id: 'orders:new', fullAt: now + 4 * hour },
    ];
    expect(decideTurn(view({ account: undefined, limits, buckets, closure }), question(), now)).toMatchObject(
      { at: iso(now + 3 * hour) },
    );
  });

  it('of a renewal is an urgent one when it would come in the emergency', () => {
    const waiters = ['a', 'b', 'c'].map((id) => waiter(id));
    // A sixth of six days is left when the emergency begins.
    const renew = (leftMs: number) =>
      decideTurn(
        view({ buckets: [empty()], waiters }),
        question({ urgency: 'renewal', leaf: leaf(leftMs) }),
        now,
      );
    expect(renew(day + 4 * minute)).toMatchObject({ ahead: 3, waiter: { urgency: 'renewal' } });
    expect(renew(day + 4 * minute - 1)).toMatchObject({ ahead: 0, waiter: { urgency: 'urgent' } });
  });
});

const urgency = fc.constantFrom<Urgency>('urgent', 'install', 'renewal');
const someWaiter = fc.record({
  machineId: fc.string({ minLength: 1, maxLength: 2 }),
  urgency,
  since: fc.integer({ min: 0, max: 5 }).map((n) => iso(now - n * hour)),
  turnAt: fc.constant(iso(now)),
  expiresAt: fc.integer({ min: 0, max: 5 }).map((n) => iso(now + n * day)),
  needs: fc.constantFrom(['orders']).map((needs) => [...needs]),
});
const waiters = fc.uniqueArray(someWaiter, { maxLength: 12, selector: ({ machineId }) => machineId });

describe('the order of those who wait', () => {
  it('is total', () => {
    fc.assert(
      fc.property(waiters, (all) => {
        const sorted = all.toSorted(compareStanding);
        sorted.forEach((one, index) => {
          for (const other of sorted.slice(index + 1)) expect(compareStanding(one, other)).toBeLessThan(0);
        });
      }),
    );
  });

  it('is urgent, install, renewal; the urgent by expiry and the others by their waiting', () => {
    const order = [
      waiter('serves-nothing', { urgency: 'urgent', since: iso(now) }),
      waiter('ends-first', { urgency: 'urgent', since: iso(now), expiresAt: iso(now + hour) }),
      waiter('ends-later', { urgency: 'urgent', since: iso(now - day), expiresAt: iso(now + day) }),
      waiter('first-install', { since: iso(now - hour), expiresAt: iso(now + day) }),
      waiter('second-install', { since: iso(now), expiresAt: iso(now) }),
      waiter('renewal', { urgency: 'renewal', since: iso(now - day), expiresAt: iso(now) }),
    ];
    expect(order.toReversed().toSorted(compareStanding)).toEqual(order);
  });

  it('is the order of the turns: nobody has his before one that goes first', () => {
    fc.assert(
      fc.property(waiters, fc.nat({ max: 3 }), (all, spent) => {
        const buckets = [{ id: 'orders', fullAt: now + spent * minute }];
        const turns = all.toSorted(compareStanding).map(({ machineId, urgency: how, since, expiresAt }) => {
          const asked = question({
            machineId,
            urgency: how,
            since,
            leaf: { notBefore: iso(now - 90 * day), notAfter: expiresAt },
          });
          const decided = decideTurn(view({ buckets, waiters: all }), { ...asked }, now);
          return decided.kind === 'now' ? now : Date.parse(decided.at);
        });
        // A renewal in its emergency moves up among the urgent; the others keep the order.
        const steady = turns.filter(
          (_, index) => all.toSorted(compareStanding)[index]?.urgency !== 'renewal',
        );
        expect(steady).toEqual(steady.toSorted((a, b) => a - b));
      }),
    );
  });
});
