import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type DurableApp, openDurableApp } from '../durable-app.ts';
import { abandonedOrders, leftBehind, slowLimits } from './left-behind.ts';

/** One way through the app, to be broken at every boundary. */
export interface CrashFlow {
  title: string;
  /** Runs of activities that it has at least: an empty enumeration must not pass. */
  least: number;
  /** Its end is a date: a place in the queue and a key that waits for its certificate are left. */
  isPostponed?: boolean;
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

/** Calls of ports that activities make; those of whoever begins the flow are another story. */
function watchCalls(app: DurableApp, observer: (method: string) => Promise<void> | void): void {
  app.faults.watch((method) => (app.activities.length > 0 ? observer(method) : undefined));
}

/** The flow without a crash: its activities, the calls of ports that they make, and its end. */
async function learn(flow: CrashFlow) {
  const app = await open(flow);
  const calls: string[] = [];
  watchCalls(app, (method) => void calls.push(method));
  try {
    await app.host.waitForCompletion(await flow.begin(app));
    app.faults.watch(undefined);
    await flow.expectDone(app);
    return { calls, runs: runsOf(app), end: await leftBehind(app), abandoned: abandonedOrders(app) };
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

/** The flow with a process that dies within an activity, before its `wanted`-th call of a port. */
async function diedWithin(flow: CrashFlow, wanted: number) {
  const app = await open(flow);
  const never = new Promise<never>(() => {});
  let calls = 0;
  const dead = new Promise<void>((resolve) => {
    watchCalls(app, () => {
      calls += 1;
      if (calls < wanted) return undefined;
      if (calls === wanted) app.host.crash();
      resolve();
      return never;
    });
  });
  try {
    const id = await flow.begin(app);
    // Where an activity never makes the call, the end of the flow says so.
    await Promise.race([dead, app.host.waitForCompletion(id)]);
    expect(calls).toBeGreaterThanOrEqual(wanted);
    // What ran beside it dies at its own next call.
    for (let turns = 0; turns < 5; turns += 1) await turn();
    app.faults.watch(undefined);
    app.clock.advance(5_000);
    await app.host.reopen();
    await app.host.waitForCompletion(id);
    await flow.expectDone(app);
    return { end: await leftBehind(app), abandoned: abandonedOrders(app) };
  } finally {
    await app.close();
  }
}

/** A crash before each call of a port that an activity makes: what it did before is done and nobody knows. */
export function describeDeathsWithin(flow: CrashFlow): void {
  describe(`${flow.title}, a death within an activity`, async () => {
    const { calls, end } = await learn(flow);
    const points = calls.map((method, index) => ({ method, call: index + 1 }));
    it.each(points)('ends the same after it at call $call, $method', async ({ call }) => {
      const after = await diedWithin(flow, call);
      expect(after.end).toEqual(end);
      expect(after.abandoned).toBeLessThanOrEqual(1);
    });
  });
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
      const nothing = { vault: { pending: [] }, authorities: [{ waiters: 0 }, { waiters: 0 }] };
      expect(end).toMatchObject({ proofs: [], ...(!flow.isPostponed && nothing) });
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
