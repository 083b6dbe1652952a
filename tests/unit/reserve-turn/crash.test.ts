import { describe, expect, it } from 'vitest';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import { createPlanner, hour, limit, plannedAuthority } from '../../support/planner.ts';

class Crash extends Error {}

/** A store beside which the process dies once: at its n-th call, before the call or after it. */
function createCrashingStore() {
  let calls = 0;
  let at: { call: number; isAfter: boolean } | undefined;
  const guard =
    <G extends unknown[], T>(method: (...given: G) => Promise<T>) =>
    async (...given: G): Promise<T> => {
      calls += 1;
      const isHere = at?.call === calls;
      if (isHere && at?.isAfter === false) throw new Crash();
      const answer = await method(...given);
      if (isHere) throw new Crash();
      return answer;
    };
  return {
    crashAt(call: number, isAfter: boolean): void {
      calls = 0;
      at = { call, isAfter };
    },
    wrap: (store: BudgetStore): BudgetStore => ({
      read: guard(store.read),
      findReservation: guard(store.findReservation),
      findMachineBuckets: guard(store.findMachineBuckets),
      commit: guard(store.commit),
    }),
  };
}

type Planner = ReturnType<typeof createPlanner>;

const own = [
  limit({ capacity: 2, refillMs: hour }),
  limit({ id: 'own', scope: 'machine', capacity: 1, refillMs: hour }),
];

/** Two authorities; the first has one token left, `waits` is in its queue and the second is closed. */
async function prepare(wrap: (store: BudgetStore) => BudgetStore): Promise<Planner> {
  const planner = createPlanner([plannedAuthority('first', own), plannedAuthority('second', own)], wrap);
  await planner.reserve('x');
  await planner.closeAuthority({ authority: 'second', reason: 'outage', detail: 'No answer.' });
  return planner;
}

async function stateOf({ budgets }: Planner) {
  const machines = ['a', 'x', 'y'];
  return Promise.all(
    ['first', 'second'].map(async (name) => {
      const { etag: _, ...budget } = await budgets.read(name);
      return {
        ...budget,
        reservations: await Promise.all(machines.map((id) => budgets.findReservation(name, `issue-${id}`))),
        machineBuckets: await budgets.findMachineBuckets(
          name,
          machines.map((id) => `own:name-${id}`),
        ),
      };
    }),
  );
}

const settle = (outcome: 'spent' | 'released') => (planner: Planner) =>
  planner.settleTurn({ authority: 'first', reservation: 'issue-x', outcome });

const activities: [string, (planner: Planner) => Promise<unknown>][] = [
  ['a turn that is granted', ({ reserve }) => reserve('a')],
  [
    'a turn that is to come',
    async ({ reserve }) => {
      await reserve('y');
      await reserve('a');
    },
  ],
  ['a turn at another authority', ({ reserve }) => reserve('a', {}, { passOver: ['first'] })],
  ['a token that is spent', settle('spent')],
  ['a token that is released', settle('released')],
  [
    'an authority that closes',
    ({ closeAuthority }) => closeAuthority({ authority: 'first', reason: 'refused', detail: 'No.' }),
  ],
  [
    'a machine that leaves',
    async ({ reserve, leaveQueue }) => {
      await reserve('a', {}, { passOver: ['first'] });
      await leaveQueue({ machineId: 'a' });
    },
  ],
];

describe('a crash at any call of the store, and a second run', () => {
  it.each(activities)('ends as without it: %s', async (_, run) => {
    const undisturbed = await prepare((store) => store);
    await run(undisturbed);
    const expected = await stateOf(undisturbed);

    let crashes = 0;
    for (const isAfter of [false, true]) {
      for (let call = 1; ; call += 1) {
        const crashing = createCrashingStore();
        const planner = await prepare(crashing.wrap);
        crashing.crashAt(call, isAfter);
        const outcome = await run(planner).catch((error: unknown) => error);
        if (!(outcome instanceof Crash)) break;
        crashes += 1;
        await run(planner);
        expect(await stateOf(planner), `call ${call}, ${isAfter ? 'after' : 'before'} it`).toEqual(expected);
      }
    }
    expect(crashes).toBeGreaterThan(2);
  });
});
