import * as df from 'durable-functions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInProcessHost, type InProcessHost } from '#local/functions-host/in-process-host.ts';
import { createManualClock } from '#local/kit/clock.ts';

/** What leaves an instance Running for ever on Azure, or is not served here: planted once each, with the real library. */
let host: InProcessHost;

beforeAll(async () => {
  host = await createInProcessHost({
    register,
    clock: createManualClock(Date.UTC(2026, 0, 1)),
    autoAdvance: true,
  });
});
afterAll(() => host.close());

function register(): void {
  df.app.activity('work', { handler: (input: unknown) => input });
  df.app.activity('breaks', {
    handler: () => {
      throw new Error('broken');
    },
  });
  const retryWithin = new df.RetryOptions(1_000, 5);
  retryWithin.retryTimeoutInMilliseconds = 1_500;
  const traps: Record<string, df.OrchestrationHandler> = {
    *missingActivity(context) {
      yield context.df.callActivity('nobody');
    },
    *missingChild(context) {
      yield context.df.callSubOrchestrator('nobody');
    },
    *missingInAll(context) {
      yield context.df.Task.all([context.df.callActivity('work'), context.df.callActivity('nobody')]);
    },
    *throwsObject(context) {
      yield context.df.callActivity('work');
      // oxlint-disable-next-line no-throw-literal typescript/only-throw-error -- the mistake under test
      throw { code: 1 };
    },
    *retriesForATime(context) {
      yield context.df.callActivityWithRetry('breaks', retryWithin);
    },
    *callsHttp(context) {
      yield context.df.callHttp({ method: 'GET', url: 'https://a.test' });
    },
    *callsEntity(context) {
      yield context.df.callEntity(new df.EntityId('counter', 'a'), 'get');
    },
    *signalsEntity(context) {
      context.df.signalEntity(new df.EntityId('counter', 'a'), 'add', 1);
      yield context.df.callActivity('work');
    },
  };
  for (const [name, handler] of Object.entries(traps)) df.app.orchestration(name, handler);
}

it.each([
  ['missingActivity', /calls the activity 'nobody', which is not registered.*Running for ever/],
  ['missingChild', /calls the sub-orchestrator 'nobody', which is not registered.*Running for ever/],
  ['missingInAll', /calls the activity 'nobody'/],
  ['throwsObject', /threw something that is not an Error.*Running for ever/],
  ['retriesForATime', /retryTimeoutInMilliseconds is set/],
  ['callsHttp', /uses callHttp, which the embedded host does not implement/],
  ['callsEntity', /uses callEntity, which/],
  ['signalsEntity', /uses signalEntity, which/],
])('%s ends Failed and says why', async (name, text) => {
  const { runtimeStatus, output } = await host.waitForCompletion(await host.start(name));
  expect(runtimeStatus).toBe('Failed');
  expect(output).toMatch(text);
});
