import * as df from 'durable-functions';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createInProcessHost } from '#local/functions-host/in-process-host.ts';
import { createManualClock } from '#local/kit/clock.ts';

/** A made-up orchestration: what it does, step by step. */
type Step =
  | { kind: 'activity' }
  | { kind: 'all'; width: number }
  | { kind: 'timer'; seconds: number }
  | { kind: 'retry'; failures: number }
  | { kind: 'child'; steps: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('activity' as const) }),
  fc.record({ kind: fc.constant('all' as const), width: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('timer' as const), seconds: fc.integer({ min: 0, max: 100_000 }) }),
  fc.record({ kind: fc.constant('retry' as const), failures: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant('child' as const), steps: fc.integer({ min: 1, max: 3 }) }),
);

/** Runs of each activity by its key; a retried one fails until it ran often enough in one life or another. */
let runs = new Map<string, number>();
const count = (key: string) => {
  const next = (runs.get(key) ?? 0) + 1;
  runs.set(key, next);
  return next;
};

function register(): void {
  df.app.activity('work', {
    handler: ({ key }: { key: string }) => {
      count(key);
      return key;
    },
  });
  df.app.activity('unsteady', {
    handler: ({ key, failures }: { key: string; failures: number }) => {
      if (count(key) <= failures) throw new Error('not yet');
      return key;
    },
  });
  df.app.orchestration('plan', function* (context) {
    const steps = context.df.getInput() as Step[];
    const results: unknown[] = [];
    for (const [index, current] of steps.entries()) {
      const key = `${index}`;
      switch (current.kind) {
        case 'activity':
          results.push(yield context.df.callActivity('work', { key }));
          break;
        case 'all':
          results.push(
            yield context.df.Task.all(
              Array.from({ length: current.width }, (_, part) =>
                context.df.callActivity('work', { key: `${key}.${part}` }),
              ),
            ),
          );
          break;
        case 'timer':
          yield context.df.createTimer(
            new Date(context.df.currentUtcDateTime.getTime() + current.seconds * 1000),
          );
          break;
        case 'retry':
          results.push(
            yield context.df.callActivityWithRetry('unsteady', new df.RetryOptions(1_000, 4), {
              key,
              failures: current.failures,
            }),
          );
          break;
        case 'child':
          results.push(yield context.df.callSubOrchestrator('child', { key, steps: current.steps }));
          break;
      }
    }
    return results;
  });
  df.app.orchestration('child', function* (context) {
    const { key, steps } = context.df.getInput() as { key: string; steps: number };
    const results: unknown[] = [];
    for (let index = 0; index < steps; index += 1)
      results.push(yield context.df.callActivity('work', { key: `${key}/${index}` }));
    return results;
  });
}

function expected(steps: readonly Step[]): unknown[] {
  return steps.flatMap((current, index): unknown[] => {
    if (current.kind === 'timer') return [];
    if (current.kind === 'all')
      return [Array.from({ length: current.width }, (_, part) => `${index}.${part}`)];
    if (current.kind === 'child')
      return [Array.from({ length: current.steps }, (_, part) => `${index}/${part}`)];
    return [`${index}`];
  });
}

const activitiesOf = (steps: readonly Step[]) => expected(steps).flat().length;

it('an orchestration ends in the same state wherever it crashes, and repeats one activity at most per crash', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.array(
        fc.tuple(fc.constantFrom('before' as const, 'after' as const), fc.integer({ min: 1, max: 6 })),
        {
          maxLength: 4,
        },
      ),
      async (steps, crashes) => {
        runs = new Map();
        let left = 0;
        const plan = [...crashes];
        let point = plan.shift();
        let runsUntilCrash = point?.[1] ?? Number.POSITIVE_INFINITY;
        let crashed = () => {};
        const nextCrash = () =>
          new Promise<undefined>((resolve) => {
            crashed = () => resolve(undefined);
          });
        let died = nextCrash();
        const host = await createInProcessHost({
          register,
          clock: createManualClock(Date.UTC(2026, 0, 1)),
          autoAdvance: true,
          // One at a time, so that a crash cuts off one run and no more.
          limits: { maxConcurrentActivities: 1 },
          async interceptActivity(_name, _input, next) {
            runsUntilCrash -= 1;
            const isDue = runsUntilCrash === 0;
            const when = point?.[0];
            if (isDue) {
              point = plan.shift();
              runsUntilCrash = point?.[1] ?? Number.POSITIVE_INFINITY;
            }
            if (isDue && when === 'before') return die();
            const work = next();
            await work.catch(() => {});
            return isDue ? die() : work;
          },
        });
        const die = () => {
          left += 1;
          host.crash();
          crashed();
          return new Promise<never>(() => {});
        };
        try {
          await host.start('plan', { instanceId: 'p', input: steps });
          let status: Awaited<ReturnType<typeof host.waitForCompletion>> | undefined;
          while (!status) {
            status = await Promise.race([host.waitForCompletion('p'), died]);
            if (status) break;
            died = nextCrash();
            await host.reopen();
          }
          expect(status).toMatchObject({ runtimeStatus: 'Completed', output: expected(steps) });
          const failures = steps.reduce((sum, each) => sum + (each.kind === 'retry' ? each.failures : 0), 0);
          const total = [...runs.values()].reduce((sum, each) => sum + each, 0);
          expect(total).toBeGreaterThanOrEqual(activitiesOf(steps));
          expect(total).toBeLessThanOrEqual(activitiesOf(steps) + failures + left);
        } finally {
          await host.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
