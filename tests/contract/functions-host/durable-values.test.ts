import * as df from 'durable-functions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInProcessHost, type InProcessHost } from '#local/functions-host/in-process-host.ts';
import { createManualClock } from '#local/kit/clock.ts';

class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: string;
  constructor(code: string) {
    super(`failed with ${code}`);
    this.code = code;
  }
}

let host: InProcessHost;
let running = 0;
let mostRunning = 0;

function register(): void {
  df.app.setExceptionPropertiesProvider({
    getExceptionProperties: (error) =>
      error instanceof CodedError ? { code: error.code, tries: 2 } : undefined,
  });
  df.app.activity('echo', { handler: (input: unknown) => ({ type: typeof input, input: input ?? null }) });
  df.app.activity('coded', {
    handler: () => {
      throw new CodedError('machine_offline');
    },
  });
  df.app.activity('plain', {
    handler: () => {
      throw new Error('no code');
    },
  });
  df.app.activity('crowd', {
    handler: async () => {
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return 1;
    },
  });
  df.app.orchestration('passOn', function* (context) {
    return yield context.df.callActivity('echo', context.df.getInput());
  });
  df.app.orchestration('catches', function* (context) {
    try {
      yield context.df.callActivity(String(context.df.getInput()));
    } catch (error) {
      if (error instanceof df.TaskFailedError)
        return { type: error.failureDetails.errorType, properties: error.failureDetails.properties };
      return String(error).split('\n')[0];
    }
    return undefined;
  });
  df.app.orchestration('lets', function* (context) {
    yield context.df.callActivity(String(context.df.getInput()));
  });
  df.app.orchestration('parentOf', function* (context) {
    try {
      yield context.df.callSubOrchestrator('lets', 'coded');
    } catch (error) {
      return error instanceof df.TaskFailedError ? error.failureDetails.properties : String(error);
    }
    return undefined;
  });
  df.app.orchestration('many', function* (context) {
    const tasks = Array.from({ length: 20 }, () => context.df.callActivity('crowd'));
    const results = (yield context.df.Task.all(tasks)) as number[];
    return results.length;
  });
  // oxlint-disable-next-line require-yield -- it only continues as new
  df.app.orchestration('again', function* (context) {
    const input: unknown = context.df.getInput();
    if (input === 'first') context.df.continueAsNew('second');
    return input;
  });
  df.app.orchestration('leavesTimer', function* (context) {
    yield context.df.Task.any([
      context.df.callActivity('echo', { a: 1 }),
      context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000)),
    ]);
    return 'done';
  });
}

const clock = createManualClock(Date.UTC(2026, 0, 1));
beforeEach(async () => {
  host = await createInProcessHost({
    register,
    clock,
    autoAdvance: true,
    limits: { maxConcurrentActivities: 3 },
  });
});
afterEach(() => host.close());

async function run(name: string, input?: unknown) {
  return host.waitForCompletion(await host.start(name, { input }));
}

describe('what an activity is given', () => {
  it.each([
    [{ a: [1] }, { type: 'object', input: { a: [1] } }],
    ['text', { type: 'string', input: 'text' }],
    [undefined, { type: 'undefined', input: null }],
    [7, { type: 'number', input: 7 }],
    // As on Azure: a bare boolean arrives as .NET writes it.
    [false, { type: 'string', input: 'False' }],
  ])('%j', async (input, output) => {
    expect((await run('passOn', input)).output).toEqual(output);
  });
});

describe('a failed activity', () => {
  it('keeps type and properties of its error when the app provides them', async () => {
    expect((await run('catches', 'coded')).output).toEqual({
      type: 'CodedError',
      properties: { code: 'machine_offline', tries: 2 },
    });
  });

  it('is told by its text otherwise', async () => {
    expect((await run('catches', 'plain')).output).toBe("Error: Activity function 'plain' failed:  no code ");
  });

  it('keeps its properties through a sub-orchestration', async () => {
    expect((await run('parentOf')).output).toEqual({ code: 'machine_offline', tries: 2 });
  });

  it('fails an orchestration that lets it', async () => {
    const status = await run('lets', 'coded');
    expect(status).toMatchObject({ runtimeStatus: 'Failed' });
    expect(status.output).toBe(
      "Orchestrator function 'lets' failed: CodedError: failed with machine_offline",
    );
  });
});

it('two functions of one name are refused', async () => {
  const twice = createInProcessHost({
    clock,
    register() {
      df.app.activity('twin', { handler: () => 1 });
      df.app.activity('twin', { handler: () => 2 });
    },
  });
  await expect(twice).rejects.toThrow('"twin" has already been registered');
});

it('no more activities run at once than the limit says', async () => {
  expect((await run('many')).output).toBe(20);
  expect(mostRunning).toBe(3);
});

it('a bare text given to continue-as-new arrives with its quotes, as on Azure', async () => {
  expect((await run('again', 'first')).output).toBe('"second"');
});

it('an orchestration with an uncancelled timer stays Running until the timer has fired', async () => {
  const startedMs = clock.now();
  const id = await host.start('leavesTimer');
  await host.settled();
  expect(host.status(id)?.runtimeStatus).toBe('Running');
  expect((await host.waitForCompletion(id)).output).toBe('done');
  expect(clock.now()).toBe(startedMs + 60_000);
});
