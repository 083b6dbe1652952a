import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Urgency } from '#shared/domain/budget.ts';
import { createPlanner, day, hour, iso, limit, plannedAuthority, start } from '../../support/planner.ts';

interface Asker {
  machineId: string;
  urgency: Urgency;
  since: string;
  /** The leaf in service ends after so many days of ninety: too early to be an emergency, unless it is urgent. */
  endsInDays: number;
}

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const askers: fc.Arbitrary<Asker[]> = fc.tuple(
  ...names.map((machineId) =>
    fc.record({
      machineId: fc.constant(machineId),
      urgency: fc.constantFrom<Urgency>('urgent', 'install', 'renewal'),
      since: fc.integer({ min: 0, max: 9 }).map((hours) => iso(start - hours * hour)),
      endsInDays: fc.integer({ min: 40, max: 60 }),
    }),
  ),
);
/** In which order they ask, round by round. */
const rounds = fc.array(fc.shuffledSubarray(names, { minLength: names.length }), {
  minLength: names.length,
  maxLength: names.length,
});

/** Written out again, and not taken from the planner. */
function expectedOrder(all: readonly Asker[]): string[] {
  const of = (urgency: Urgency) => all.filter((asker) => asker.urgency === urgency);
  const bySince = (a: Asker, b: Asker) =>
    a.since.localeCompare(b.since) || a.machineId.localeCompare(b.machineId);
  return [
    ...of('urgent').toSorted((a, b) => a.endsInDays - b.endsInDays || bySince(a, b)),
    ...of('install').toSorted(bySince),
    ...of('renewal').toSorted(bySince),
  ].map(({ machineId }) => machineId);
}

describe('tokens that come one by one', () => {
  it('go to the urgent by their end, to installs and to renewals by their waiting, whoever asks first', async () => {
    await fc.assert(
      fc.asyncProperty(askers, rounds, async (all, orders) => {
        const planner = createPlanner([plannedAuthority('own', [limit({ capacity: 1, refillMs: hour })])]);
        const spend = (machineId: string) =>
          planner.settleTurn({ authority: 'own', reservation: `issue-${machineId}`, outcome: 'spent' });
        const ask = ({ machineId, urgency, since, endsInDays }: Asker) =>
          planner.reserve(machineId, {
            urgency,
            since,
            leaf: {
              notBefore: iso(start + (endsInDays - 90) * day),
              notAfter: iso(start + endsInDays * day),
            },
          });
        await planner.reserve('first');
        await spend('first');
        for (const asker of all) await ask(asker);

        const granted: string[] = [];
        for (const order of orders) {
          planner.clock.advance(hour);
          for (const machineId of order) {
            const asker = all.find((one) => one.machineId === machineId && !granted.includes(machineId));
            if (!asker || !('granted' in (await ask(asker)))) continue;
            granted.push(machineId);
            await spend(machineId);
          }
        }
        expect(granted).toEqual(expectedOrder(all));
      }),
    );
  });
});
