import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReserveTurnActivities } from '#orchestrations/reserve-turn/activities.ts';
import { openCosmosBudgets } from '../support/budget-store-subjects.ts';
import { hour, limit, plannedAuthority, turnRequest } from '../support/planner.ts';

const capacity = 7;
const machines = Array.from({ length: 20 }, (_, index) => `m${index}`);

describe('turns on Cosmos', () => {
  let subject: Awaited<ReturnType<typeof openCosmosBudgets>>;
  beforeAll(async () => {
    subject = await openCosmosBudgets();
  });
  afterAll(() => subject.close());

  const activities = (name: string) =>
    createReserveTurnActivities({
      budgets: subject.store,
      authorities: [
        plannedAuthority(name, [
          limit({ capacity, refillMs: hour }),
          limit({ id: 'own', scope: 'machine', capacity: 1, refillMs: hour }),
        ]),
      ],
      now: () => new Date(subject.clock.now()),
      random: Math.random,
    });

  it('that are reserved at once by twenty machines are never more than there are', async () => {
    const { reserveTurn } = activities('raced');
    const answers = await Promise.all(
      machines.map((id) =>
        reserveTurn({ reservation: `issue-${id}`, request: turnRequest(id), passOver: [] }),
      ),
    );
    const granted = machines.filter((_, index) => 'granted' in (answers[index] ?? {}));
    expect(granted).toHaveLength(capacity);
    const { buckets, waiters } = await subject.store.read('raced');
    expect(buckets[0]?.held).toHaveLength(capacity);
    expect(waiters.map(({ machineId }) => machineId).toSorted()).toEqual(
      machines.filter((id) => !granted.includes(id)).toSorted(),
    );
  });

  it('that are settled at once all count, and the released ones are there again', async () => {
    const { reserveTurn, settleTurn } = activities('settled');
    const ids = machines.slice(0, capacity);
    const reserve = (id: string) =>
      reserveTurn({ reservation: `issue-${id}`, request: turnRequest(id), passOver: [] });
    await Promise.all(ids.map(reserve));
    await Promise.all(
      ids.map((id, index) =>
        settleTurn({
          authority: 'settled',
          reservation: `issue-${id}`,
          outcome: index < 3 ? 'released' : 'spent',
        }),
      ),
    );
    const { buckets } = await subject.store.read('settled');
    expect(buckets).toEqual([{ id: 'orders', fullAt: subject.clock.now() + 4 * hour }]);
    const others = await Promise.all(machines.slice(capacity).map(reserve));
    expect(others.filter((answer) => 'granted' in answer)).toHaveLength(3);
  });

  it('ask no question across partitions', () => {
    expect(subject.cosmos.crossPartitionQueries).toEqual([]);
  });

  it('are unavailable when the database stays silent', async () => {
    const { reserveTurn } = activities('silent');
    subject.cosmos.faults.set('QueryItems', { status: 503 });
    const asked = reserveTurn({ reservation: 'issue', request: turnRequest('m'), passOver: [] });
    await expect(asked).rejects.toMatchObject({ code: 'store_unavailable' });
    subject.cosmos.faults.clear();
  });
});
