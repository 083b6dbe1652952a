import { describe, expect, it } from 'vitest';
import { type DurableApp, openDurableApp } from '../durable-app.ts';
import { abandonedOrders, leftBehind, slowLimits } from './left-behind.ts';

/** One way through the app, to be broken at every boundary. */
export interface CrashFlow {
  title: string;
  /** Runs of activities that it has at least: an empty enumeration must not pass. */
  least: number;
  /** What is there before it begins; nothing crashes here. */
  prepare?(app: DurableApp): Promise<void>;
  /** Answers the instance that ends last. */
  begin(app: DurableApp): Promise<string>;
  /** What must be so at its end, with or without a crash. */
  expectDone(app: DurableApp): Promise<void>;
}

interface Run {
  name: string;
  nth: number;
  /** A refusal is on disk as soon as it is known: there is nothing after it to break. */
  isRefused: boolean;
}
type When = 'crashBefore' | 'crashAfter';

async function open(flow: CrashFlow): Promise<DurableApp> {
  const app = await openDurableApp();
  app.authority.limits = slowLimits;
  await flow.prepare?.(app);
  app.activities.length = 0;
  app.refused.clear();
  return app;
}

/** Runs of activities in their order, each with how often its name has come so far. */
function runsOf({ activities, refused }: DurableApp): Run[] {
  const seen = new Map<string, number>();
  return activities.map((name, index) => {
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return { name, nth, isRefused: refused.has(index) };
  });
}

/** The flow without a crash: its activities and its end. */
async function learn(flow: CrashFlow) {
  const app = await open(flow);
  try {
    await app.host.waitForCompletion(await flow.begin(app));
    await flow.expectDone(app);
    return { runs: runsOf(app), end: await leftBehind(app), abandoned: abandonedOrders(app) };
  } finally {
    await app.close();
  }
}

/** The flow with a process that dies `times` times at this boundary and is started again after some seconds. */
async function crashed(flow: CrashFlow, { name, nth }: Pick<Run, 'name' | 'nth'>, when: When, times: number) {
  const app = await open(flow);
  try {
    let dead = app.host[when](name, nth);
    const id = await flow.begin(app);
    for (let crash = 1; crash <= times; crash += 1) {
      await dead;
      app.clock.advance(5_000);
      // What died runs again, at once: it is the first of its name.
      if (crash < times) dead = app.host[when](name, 1);
      await app.host.reopen();
    }
    await app.host.waitForCompletion(id);
    await flow.expectDone(app);
    return { end: await leftBehind(app), abandoned: abandonedOrders(app) };
  } finally {
    await app.close();
  }
}

/**
 * A crash at every boundary of every activity: before it runs, and after it ran but before its result is on disk.
 * The flow is run once to learn its activities; then once for each boundary, on a new engine after each crash.
 */
export function describeCrashes(flow: CrashFlow, times = 1): void {
  describe(`${flow.title}, ${times === 1 ? 'one crash' : `${times} crashes`}`, async () => {
    const { runs, end, abandoned } = await learn(flow);

    it('ends well without a crash', () => {
      expect(runs.length).toBeGreaterThanOrEqual(flow.least);
      expect(end).toMatchObject({
        proofs: [],
        vault: { pending: [] },
        authorities: [{ waiters: 0 }, { waiters: 0 }],
      });
      expect(abandoned).toBe(0);
    });

    const boundaries = runs.flatMap(({ isRefused, ...run }) => [
      { ...run, when: 'crashBefore' as const },
      ...(isRefused ? [] : [{ ...run, when: 'crashAfter' as const }]),
    ]);
    it.each(boundaries)('ends the same after $when $name ($nth)', async ({ when, ...run }) => {
      const after = await crashed(flow, run, when, times);
      expect(after.end).toEqual(end);
      expect(after.abandoned).toBeLessThanOrEqual(times);
    });
  });
}
