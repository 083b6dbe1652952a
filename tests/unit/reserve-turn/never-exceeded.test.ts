import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RateLimit } from '#shared/domain/budget.ts';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import { createPlanner, hour, issuedBy, limit, minute, plannedAuthority } from '../../support/planner.ts';

/**
 * What an authority keeps by itself: a number of tokens that grows with time up to the capacity. Written without
 * our arithmetic on purpose.
 */
function createAuthorityCount({ capacity, refillMs }: RateLimit) {
  const counts = new Map<string, { tokens: number; at: number }>();
  return {
    /** False when it would have answered 429. */
    accepts(subject: string, now: number): boolean {
      const { tokens, at } = counts.get(subject) ?? { tokens: capacity, at: now };
      const refilled = Math.min(capacity, tokens + (now - at) / refillMs);
      const isThere = refilled >= 1 - 1e-6;
      counts.set(subject, { tokens: isThere ? refilled - 1 : refilled, at: now });
      return isThere;
    },
  };
}

const limits = [
  limit({ id: 'zone', capacity: 4, refillMs: 10 * minute }),
  limit({ id: 'account', scope: 'account', capacity: 3, refillMs: 4 * minute, freeForReplacements: true }),
  limit({ id: 'machine', scope: 'machine', capacity: 2, refillMs: hour }),
];

const machines = ['a', 'b', 'c', 'd', 'e'];
const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat({ max: 12 * minute }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask'),
      machineId: fc.constantFrom(...machines),
      urgency: fc.constantFrom('urgent', 'install', 'renewal'),
      replaces: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('send'), nth: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle'), nth: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release'), nth: fc.nat() }) },
);

describe('the limits of an authority', () => {
  it('are never exceeded, whatever is asked, sent, settled or given back, and when', async () => {
    let sentInAll = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 120 }), async (operations) => {
        const own = plannedAuthority('own', limits);
        const { reserveTurn, settleTurn, clock } = createPlanner([own]);
        const counts = limits.map((one) => ({ limit: one, count: createAuthorityCount(one) }));
        const subjectOf = (one: RateLimit, machineId: string) => (one.scope === 'machine' ? machineId : '');
        let issues = 0;
        /** Granted and not sent; sent and not settled. */
        const granted: { id: string; machineId: string; isReplacement: boolean }[] = [];
        const sent: string[] = [];
        const refused: string[] = [];
        const settle = (reservation: string, outcome: 'spent' | 'released') =>
          settleTurn({ authority: 'own', reservation, outcome });

        for (const step of operations) {
          if ('ms' in step) clock.advance(step.ms);
          else if ('machineId' in step) {
            const { machineId, urgency } = step;
            const id = `issue-${(issues += 1)}`;
            const answer = await reserveTurn({
              reservation: id,
              request: {
                machineId,
                machineName: machineId,
                urgency: urgency as 'urgent',
                custody: 'vault',
                since: new Date(clock.now()).toISOString(),
              },
              passOver: [],
              ...(step.replaces && { replaces: issuedBy(own) }),
            });
            if ('granted' in answer) {
              granted.push({ id, machineId, isReplacement: answer.granted.isReplacement });
            }
          } else if (step.do === 'send') {
            const [one] = granted.splice(step.nth % Math.max(1, granted.length), 1);
            if (!one) continue;
            for (const { limit: counted, count } of counts) {
              if (one.isReplacement && counted.freeForReplacements) continue;
              const isAccepted = count.accepts(subjectOf(counted, one.machineId), clock.now());
              if (!isAccepted) refused.push(`${counted.id} at ${clock.now()}`);
            }
            sent.push(one.id);
            sentInAll += 1;
          } else if (step.do === 'settle') {
            const [id] = sent.splice(step.nth % Math.max(1, sent.length), 1);
            if (id) await settle(id, 'spent');
          } else {
            const [one] = granted.splice(step.nth % Math.max(1, granted.length), 1);
            if (one) await settle(one.id, 'released');
          }
        }
        expect(refused).toEqual([]);
      }),
      { numRuns: 300 },
    );
    // Otherwise this would hold of a planner that never grants anything.
    expect(sentInAll).toBeGreaterThan(300);
  });

  it('are used up: with everybody asking, every token that comes back is sent', async () => {
    const own = plannedAuthority('own', [limit({ capacity: 3, refillMs: 10 * minute })]);
    const { reserve, settleTurn, clock } = createPlanner([own]);
    let granted = 0;
    for (let elapsed = 0; elapsed <= 2 * hour; elapsed += minute) {
      for (let issue = 0; issue < 20; issue += 1) {
        const answer = await reserve(`m${issue}`, {}, { reservation: `${issue}-at-${elapsed}` });
        if (!('granted' in answer)) continue;
        granted += 1;
        await settleTurn({ authority: 'own', reservation: `${issue}-at-${elapsed}`, outcome: 'spent' });
      }
      clock.advance(minute);
    }
    expect(granted).toBe(3 + 12);
  });
});

/** A store whose every call gives way to the others for a while, by a schedule that fast-check chooses. */
const interleaved =
  (scheduler: fc.Scheduler) =>
  (store: BudgetStore): BudgetStore => {
    const wait = (what: string) => scheduler.schedule(Promise.resolve(), what);
    return {
      read: (...given) => wait('read').then(() => store.read(...given)),
      findReservation: (...given) => wait('find').then(() => store.findReservation(...given)),
      findMachineBuckets: (...given) => wait('buckets').then(() => store.findMachineBuckets(...given)),
      commit: (...given) => wait('commit').then(() => store.commit(...given)),
    };
  };

describe('reservers at the same time', () => {
  it('never get more tokens than there are, in any order of their reads and writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const own = plannedAuthority('own', [limit({ capacity: 2, refillMs: hour })]);
        const { reserve, budgets } = createPlanner([own], interleaved(scheduler));
        const all = Promise.all(['a', 'b', 'c', 'd'].map((id) => reserve(id)));
        const answers = await scheduler.waitFor(all);
        expect(answers.filter((answer) => 'granted' in answer)).toHaveLength(2);
        const { buckets, waiters } = await budgets.read('own');
        expect(buckets[0]?.held).toHaveLength(2);
        expect(waiters).toHaveLength(2);
      }),
      { numRuns: 40 },
    );
  });

  it('of one issue get one reservation between them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const own = plannedAuthority('own', [limit({ capacity: 3, refillMs: hour })]);
        const { reserve, budgets } = createPlanner([own], interleaved(scheduler));
        const answers = await scheduler.waitFor(Promise.all([reserve('a'), reserve('a'), reserve('a')]));
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
        expect((await budgets.read('own')).buckets[0]?.held).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });
});
