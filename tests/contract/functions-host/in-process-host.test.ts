import * as df from 'durable-functions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInProcessHost, type InProcessHost } from '#local/functions-host/in-process-host.ts';
import { createManualClock } from '#local/kit/clock.ts';

const startMs = Date.UTC(2026, 0, 1);
let host: InProcessHost;
let runs: string[];

function register(): void {
  df.app.activity('note', {
    handler: (input: unknown) => {
      runs.push(`note ${JSON.stringify(input)}`);
      return input;
    },
  });
  df.app.activity('failTwice', {
    handler: () => {
      runs.push('failTwice');
      if (runs.length < 3) throw new Error(`no luck ${runs.length}`);
      return 'lucky';
    },
  });
  df.app.activity('alwaysFail', {
    handler: () => {
      throw new Error('broken');
    },
  });
  df.app.orchestration('three', function* (context) {
    const first: unknown = yield context.df.callActivity('note', 'a');
    const second: unknown = yield context.df.callActivity('note', { b: 1 });
    const third: unknown = yield context.df.callActivity('note', [3]);
    return [first, second, third];
  });
  df.app.orchestration('retry', function* (context) {
    const options = new df.RetryOptions(5_000, 3);
    return yield context.df.callActivityWithRetry('failTwice', options);
  });
  df.app.orchestration('giveUp', function* (context) {
    try {
      yield context.df.callActivityWithRetry('alwaysFail', new df.RetryOptions(5_000, 2));
    } catch (error) {
      return { caught: String(error).includes('broken'), at: context.df.currentUtcDateTime.getTime() };
    }
    return undefined;
  });
  df.app.orchestration('parent', function* (context) {
    const tasks = [1, 2].map((n) => context.df.callSubOrchestrator('child', n));
    return yield context.df.Task.all(tasks);
  });
  df.app.orchestration('child', function* (context) {
    return yield context.df.callActivity('note', { n: context.df.getInput() });
  });
  df.app.orchestration('sleeper', function* (context) {
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 30 * 86_400_000));
    return context.df.currentUtcDateTime.toISOString();
  });
  df.app.orchestration('eventOrTimer', function* (context) {
    const event = context.df.waitForExternalEvent('go');
    const deadline = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
    const winner: df.Task = yield context.df.Task.any([event, deadline]);
    if (winner === deadline) return 'late';
    deadline.cancel();
    return { got: event.result };
  });
  df.app.orchestration('counter', function* (context) {
    const n = Number(context.df.getInput());
    yield context.df.callActivity('note', { n });
    if (n < 3) context.df.continueAsNew(n + 1);
    return n;
  });
  df.app.orchestration('missing', function* (context) {
    yield context.df.callActivity('nobody');
  });
  df.app.orchestration('throwsText', function* (context) {
    yield context.df.callActivity('note', 1);
    // oxlint-disable-next-line no-throw-literal typescript/only-throw-error -- the mistake under test
    throw 'text';
  });
  df.app.orchestration('bigStatus', function* (context) {
    context.df.setCustomStatus('x'.repeat(9_000));
    yield context.df.callActivity('note', 1);
  });
  df.app.orchestration('repeatsEvent', function* (context) {
    const seen = context.df.getInput() as string[];
    const event = context.df.waitForExternalEvent('letter');
    const deadline = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
    yield context.df.Task.any([event, deadline]);
    deadline.cancel();
    const now = [...seen, String(event.result)];
    if (now.length < 3) context.df.continueAsNew(now);
    return now;
  });
}

beforeEach(async () => {
  runs = [];
  host = await createInProcessHost({ register, clock: createManualClock(startMs), autoAdvance: true });
});
afterEach(() => host.close());

async function run(name: string, input?: unknown) {
  const id = await host.start(name, { input });
  return host.waitForCompletion(id);
}

describe('orchestrations in process', () => {
  it('run their activities in order and return what they returned', async () => {
    const status = await run('three');
    expect(status).toMatchObject({ runtimeStatus: 'Completed', output: ['a', { b: 1 }, [3]] });
    expect(runs).toEqual(['note "a"', 'note {"b":1}', 'note [3]']);
  });

  it('run a failed activity again after the delays of its policy', async () => {
    expect(await run('retry')).toMatchObject({ runtimeStatus: 'Completed', output: 'lucky' });
  });

  it('see the error once all attempts are used', async () => {
    expect(await run('giveUp')).toMatchObject({ output: { caught: true, at: startMs + 5_000 } });
  });

  it('wait for sub-orchestrations', async () => {
    expect(await run('parent')).toMatchObject({ output: [{ n: 1 }, { n: 2 }] });
  });

  it('sleep longer than one Node timer can', async () => {
    expect(await run('sleeper')).toMatchObject({ output: '2026-01-31T00:00:00.000Z' });
  });

  it('take an event before a timer, and the timer when no event comes', async () => {
    const id = await host.start('eventOrTimer');
    await host.settled();
    await host.raiseEvent(id, 'go', { n: 7 });
    expect(await host.waitForCompletion(id)).toMatchObject({ output: { got: { n: 7 } } });
    expect(await run('eventOrTimer')).toMatchObject({ output: 'late' });
  });

  it('keep an event that came before its wait', async () => {
    const id = await host.start('eventOrTimer');
    await host.raiseEvent(id, 'go', 1);
    expect(await host.waitForCompletion(id)).toMatchObject({ output: { got: 1 } });
  });

  it('continue as new', async () => {
    expect(await run('counter', 1)).toMatchObject({ output: 3 });
    expect(runs).toEqual(['note {"n":1}', 'note {"n":2}', 'note {"n":3}']);
  });

  it('see an event again when they continue as new after cancelling a timer, as on Azure', async () => {
    const id = await host.start('repeatsEvent', { input: [] });
    await host.settled();
    await host.raiseEvent(id, 'letter', 'A');
    expect(await host.waitForCompletion(id)).toMatchObject({ output: ['A', 'A', 'A'] });
  });

  it.each([
    ['missing', /calls the activity 'nobody', which is not registered/],
    ['throwsText', /threw something that is not an Error/],
    ['bigStatus', /16 KB/],
    ['unheardOf', /known orchestrator functions: .*'three'/],
  ])('fail where Azure would hang or fail: %s', async (name, text) => {
    const status = await run(name);
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(text);
  });

  it('end at once when terminated', async () => {
    const id = await host.start('eventOrTimer');
    await host.settled();
    await host.terminate(id, 'enough');
    expect(await host.waitForCompletion(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
  });

  it('keep messages while suspended', async () => {
    const id = await host.start('eventOrTimer');
    await host.settled();
    await host.suspend(id);
    await host.settled();
    await host.raiseEvent(id, 'go', 1);
    await host.settled();
    expect(host.status(id)?.runtimeStatus).toBe('Suspended');
    await host.resume(id);
    expect(await host.waitForCompletion(id)).toMatchObject({ output: { got: 1 } });
  });
});

describe('a crash', () => {
  it.each([1, 2, 3])('before activity %i loses nothing and repeats nothing', async (nth) => {
    const crashed = host.crashBefore('note', nth);
    const id = await host.start('three');
    await crashed;
    await host.reopen();
    expect(await host.waitForCompletion(id)).toMatchObject({ output: ['a', { b: 1 }, [3]] });
    expect(runs).toHaveLength(3);
  });

  it.each([1, 2, 3])('after activity %i runs that one again', async (nth) => {
    const crashed = host.crashAfter('note', nth);
    const id = await host.start('three');
    await crashed;
    await host.reopen();
    expect(await host.waitForCompletion(id)).toMatchObject({ output: ['a', { b: 1 }, [3]] });
    expect(runs).toHaveLength(4);
    expect(new Set(runs).size).toBe(3);
  });

  it('loses no timer', async () => {
    const id = await host.start('sleeper');
    await host.settled();
    host.crash();
    await host.reopen();
    expect(await host.waitForCompletion(id)).toMatchObject({ runtimeStatus: 'Completed' });
  });
});

describe('code that changed under a running instance', () => {
  it('fails the instance with the step that differs', async () => {
    const id = await host.start('eventOrTimer');
    await host.settled();
    await host.reopen({
      register() {
        df.app.orchestration('eventOrTimer', function* (context) {
          yield context.df.callActivity('note', 1);
        });
      },
    });
    await host.raiseEvent(id, 'go');
    const status = await host.waitForCompletion(id);
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(
      /scheduled a timer with sequence ID 0, .* scheduled an activity 'note' there/,
    );
  });
});
