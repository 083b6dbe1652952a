import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bucket, Closure, Reservation, Waiter } from '#shared/domain/budget.ts';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import {
  type BudgetStoreSubject,
  openCosmosBudgets,
  openMemoryBudgets,
} from '../support/budget-store-subjects.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const stale = { code: 'etag_mismatch', isRetryable: true };

const bucket = (id = 'orders:https://a.test/account/1', fullAt = 5): Bucket => ({ id, fullAt });
const closure: Closure = {
  until: '2026-10-05T00:05:00.000Z',
  reason: 'outage',
  detail: 'It does not answer.',
  count: 1,
};

describe.each([
  { name: 'in memory', open: openMemoryBudgets },
  { name: 'on Cosmos', open: openCosmosBudgets },
])('the budget store $name', ({ open }) => {
  let subject: BudgetStoreSubject;
  let store: BudgetStore;
  let authorities = 0;
  let authority: string;

  beforeAll(async () => {
    subject = await open();
    store = subject.store;
  });
  afterAll(() => subject.close());
  beforeEach(() => {
    authority = `authority-${(authorities += 1)}`;
  });

  const iso = (fromNow: number) => new Date(subject.clock.now() + fromNow).toISOString();
  const waiter = (machineId: string, changes: Partial<Waiter> = {}): Waiter => ({
    machineId,
    urgency: 'urgent',
    since: iso(0),
    expiresAt: iso(day),
    turnAt: iso(hour),
    needs: ['orders'],
    ...changes,
  });
  const reservation = (id: string, changes: Partial<Reservation> = {}): Reservation => ({
    id,
    machineId: 'm',
    account: 'https://a.test/account/1',
    isReplacement: false,
    buckets: ['orders:https://a.test/account/1'],
    at: iso(0),
    state: 'reserved',
    ...changes,
  });
  const etagOf = async () => (await store.read(authority)).etag;
  const write = (buckets: Bucket[], etag: string | undefined) =>
    store.commit(authority, [{ shared: { buckets }, etag }]);

  describe('a budget', () => {
    it('that nobody has written has nothing in it', async () => {
      expect(await store.read(authority)).toEqual({ buckets: [], waiters: [], etag: undefined });
      expect(await store.findReservation(authority, 'none')).toBeUndefined();
      expect(await store.findMachineBuckets(authority, ['none'])).toEqual([]);
    });

    it('is read as it was written', async () => {
      const held = { ...bucket(), held: [1, 2] };
      await store.commit(authority, [
        { shared: { buckets: [held], closure }, etag: undefined },
        { waiter: waiter('a') },
      ]);
      expect(await store.read(authority)).toEqual({
        buckets: [held],
        closure,
        waiters: [waiter('a')],
        etag: expect.any(String),
      });
    });

    it('of one authority is not another’s', async () => {
      await store.commit(authority, [
        { shared: { buckets: [bucket()] }, etag: undefined },
        { machineBucket: bucket('own:m', subject.clock.now() + hour) },
        { reservation: reservation('r') },
        { waiter: waiter('a') },
      ]);
      const other = `${authority}-other`;
      expect(await store.read(other)).toEqual({ buckets: [], waiters: [], etag: undefined });
      expect(await store.findReservation(other, 'r')).toBeUndefined();
      expect(await store.findMachineBuckets(other, ['own:m'])).toEqual([]);
    });

    it('is opened by a write without a closure', async () => {
      await store.commit(authority, [{ shared: { buckets: [], closure }, etag: undefined }]);
      await write([], await etagOf());
      expect((await store.read(authority)).closure).toBeUndefined();
    });
  });

  describe('a change of the shared buckets', () => {
    it('is refused where there is a record already', async () => {
      await write([bucket()], undefined);
      await expect(write([bucket('other')], undefined)).rejects.toMatchObject(stale);
      expect((await store.read(authority)).buckets).toEqual([bucket()]);
    });

    it('is refused under an older ETag', async () => {
      await write([], undefined);
      const first = await etagOf();
      await write([bucket()], first);
      expect(await etagOf()).not.toBe(first);
      await expect(write([], first)).rejects.toMatchObject(stale);
      expect((await store.read(authority)).buckets).toEqual([bucket()]);
    });

    it('is refused under an ETag where there is no record', async () => {
      await expect(write([bucket()], '"gone"')).rejects.toMatchObject(stale);
    });

    it('that is refused takes everything with it', async () => {
      await write([], undefined);
      await store.commit(authority, [{ waiter: waiter('stays') }]);
      const together = store.commit(authority, [
        { reservation: reservation('r') },
        { machineBucket: bucket('own:m', subject.clock.now() + hour) },
        { waiter: waiter('a') },
        { leave: 'stays' },
        { shared: { buckets: [bucket()] }, etag: '"stale"' },
      ]);
      await expect(together).rejects.toMatchObject(stale);
      expect(await store.read(authority)).toMatchObject({ buckets: [], waiters: [waiter('stays')] });
      expect(await store.findReservation(authority, 'r')).toBeUndefined();
      expect(await store.findMachineBuckets(authority, ['own:m'])).toEqual([]);
    });

    it('is won by exactly one of those who race', async () => {
      await write([], undefined);
      const etag = await etagOf();
      const racers = Array.from({ length: 5 }, (_, index) => write([bucket(`racer-${index}`)], etag));
      const results = await Promise.allSettled(racers);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('needs no word of those who wait: their coming and going changes no ETag', async () => {
      await write([], undefined);
      const etag = await etagOf();
      await store.commit(authority, [{ waiter: waiter('a') }, { reservation: reservation('r') }]);
      await store.commit(authority, [{ leave: 'a' }]);
      expect(await etagOf()).toBe(etag);
    });
  });

  describe('a reservation', () => {
    it('is found by its id, whatever is in it', async () => {
      const id = 'machine.abc:3/issue#1?x';
      await store.commit(authority, [{ reservation: reservation(id) }]);
      expect(await store.findReservation(authority, id)).toEqual(reservation(id));
    });

    it('is as it was last written', async () => {
      await store.commit(authority, [{ reservation: reservation('r') }]);
      await store.commit(authority, [{ reservation: reservation('r', { state: 'spent' }) }]);
      expect((await store.findReservation(authority, 'r'))?.state).toBe('spent');
    });

    it('is forgotten after thirty days', async () => {
      await store.commit(authority, [{ reservation: reservation('r') }]);
      subject.clock.advance(30 * day - minute);
      expect(await store.findReservation(authority, 'r')).toBeDefined();
      subject.clock.advance(2 * minute);
      expect(await store.findReservation(authority, 'r')).toBeUndefined();
    });
  });

  describe('a machine’s bucket', () => {
    it('is found among those that are asked for', async () => {
      const own = bucket('own:m', subject.clock.now() + hour);
      await store.commit(authority, [{ machineBucket: own }]);
      expect(await store.findMachineBuckets(authority, ['own:m', 'own:n'])).toEqual([own]);
      expect((await store.read(authority)).buckets).toEqual([]);
    });

    it('is forgotten when it is full, but not while a token is held', async () => {
      const { clock } = subject;
      await store.commit(authority, [
        { machineBucket: bucket('own:m', clock.now() + hour) },
        { machineBucket: { id: 'own:n', fullAt: 0, held: [clock.now()] } },
      ]);
      clock.advance(hour + minute);
      const found = await store.findMachineBuckets(authority, ['own:m', 'own:n']);
      expect(found.map(({ id }) => id)).toEqual(['own:n']);
    });
  });

  describe('a waiter', () => {
    it('is in the queue once, as it last came', async () => {
      await store.commit(authority, [{ waiter: waiter('a') }]);
      await store.commit(authority, [{ waiter: waiter('a', { urgency: 'install' }) }]);
      expect((await store.read(authority)).waiters).toEqual([waiter('a', { urgency: 'install' })]);
    });

    it('leaves without a word, there or not', async () => {
      await store.commit(authority, [{ waiter: waiter('a') }, { waiter: waiter('b') }]);
      await store.commit(authority, [{ leave: 'a' }, { leave: 'nobody' }]);
      await store.commit(authority, [{ leave: 'nobody' }]);
      expect((await store.read(authority)).waiters.map(({ machineId }) => machineId)).toEqual(['b']);
    });

    it('is forgotten a day after its turn', async () => {
      await store.commit(authority, [{ waiter: waiter('a') }]);
      subject.clock.advance(hour + day - minute);
      expect((await store.read(authority)).waiters).toHaveLength(1);
      subject.clock.advance(2 * minute);
      expect((await store.read(authority)).waiters).toEqual([]);
    });

    it('is in a queue of any length', async () => {
      const ids = Array.from({ length: 250 }, (_, index) => `m${index}`);
      for (let at = 0; at < ids.length; at += 50) {
        await store.commit(
          authority,
          ids.slice(at, at + 50).map((id) => ({ waiter: waiter(id) })),
        );
      }
      const { waiters } = await store.read(authority);
      expect(waiters.map(({ machineId }) => machineId).toSorted()).toEqual(ids.toSorted());
    });
  });

  it('changes nothing when there is nothing to change', async () => {
    await store.commit(authority, []);
    expect(await store.read(authority)).toEqual({ buckets: [], waiters: [], etag: undefined });
  });
});
