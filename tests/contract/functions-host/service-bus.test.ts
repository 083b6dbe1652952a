import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FunctionsHost, startFunctionsHost } from '#local/functions-host/host.ts';
import { createHostLog } from '#local/functions-host/host-log.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { type Started, startServiceBus } from '../service-bus/start.ts';

interface Line {
  by: 'queue' | 'session' | 'topic';
  message?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  begin?: number;
  end?: number;
  session?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'bus-app-'));
const runsFile = join(folder, 'runs');
let bus: Started;
let host: FunctionsHost;

beforeAll(async () => {
  bus = await startServiceBus();
  await bus.admin.createQueue('letters', { maxDeliveryCount: 3 });
  await bus.admin.createQueue('reports', { requiresSession: true });
  await bus.admin.createTopic('news');
  await bus.admin.createSubscription('news', 'all');
  host = await startFunctionsHost({
    appDirectory: new URL('../../fixtures/bus-app', import.meta.url).pathname,
    port: 0,
    store: openStore(':memory:'),
    clock: systemClock,
    env: {
      ...process.env,
      BUS: bus.connectionString,
      LETTERS: 'letters',
      SUBSCRIPTION: 'all',
      RUNS_FILE: runsFile,
    },
    log: createHostLog({ write: () => {}, now: () => Date.now() }),
  });
});
afterAll(async () => {
  await host.close();
  await bus.close();
  rmSync(folder, { recursive: true, force: true });
});

function lines(by: Line['by']): Line[] {
  try {
    const all = readFileSync(runsFile, 'utf8').trim().split('\n');
    return all.map((line) => JSON.parse(line) as Line).filter((line) => line.by === by);
  } catch {
    return [];
  }
}
const send = async (
  entity: string,
  ...messages: { body: unknown; sessionId?: string; messageId?: string }[]
) => {
  const sender = bus.connect().createSender(entity);
  await sender.sendMessages(messages.map((message) => ({ contentType: 'application/json', ...message })));
};
const until = (by: Line['by'], count: number) =>
  expect.poll(() => lines(by).length, { timeout: 10_000, interval: 10 }).toBe(count);

it('a message reaches its function and is completed', async () => {
  await send('letters', { body: { to: 'you' }, messageId: 'm-1' });
  await until('queue', 1);
  expect(lines('queue')[0]).toMatchObject({
    message: { to: 'you' },
    metadata: { messageId: 'm-1', deliveryCount: 1, to: 'you', contentType: 'application/json' },
  });
  await expect
    .poll(async () => (await bus.admin.getQueueRuntimeProperties('letters')).totalMessageCount)
    .toBe(0);
});

it('a message whose function throws comes again, and then is a dead letter', async () => {
  await send('letters', { body: { bad: true } });
  await until('queue', 4);
  const counts = lines('queue').map(({ metadata }) => metadata?.['deliveryCount']);
  expect(counts).toEqual([1, 1, 2, 3]);
  await expect
    .poll(async () => (await bus.admin.getQueueRuntimeProperties('letters')).deadLetterMessageCount)
    .toBe(1);
});

it('the messages of one session come one at a time and in order', async () => {
  const numbers = [1, 2, 3];
  await send(
    'reports',
    ...['a', 'b', 'c'].flatMap((sessionId) => numbers.map((n) => ({ body: { n }, sessionId }))),
  );
  await until('session', 18);
  for (const session of ['a', 'b', 'c']) {
    const own = lines('session').filter((line) => line.session === session);
    expect(own.map(({ begin, end }) => begin ?? end)).toEqual([1, 1, 2, 2, 3, 3]);
  }
});

it('a topic reaches the function by its subscription', async () => {
  await send('news', { body: { headline: 'x' } });
  await until('topic', 1);
  expect(lines('topic')[0]?.message).toEqual({ headline: 'x' });
});

it('a host that ends lets a handler that has begun complete its message, and takes no other', async () => {
  await bus.admin.createQueue('held');
  const own = mkdtempSync(join(tmpdir(), 'bus-app-'));
  const ownRuns = join(own, 'runs');
  const ending = await startFunctionsHost({
    appDirectory: new URL('../../fixtures/bus-app', import.meta.url).pathname,
    port: 0,
    store: openStore(':memory:'),
    clock: systemClock,
    env: {
      ...process.env,
      BUS: bus.connectionString,
      LETTERS: 'held',
      SUBSCRIPTION: 'all',
      RUNS_FILE: ownRuns,
      AzureFunctionsJobHost__functions: '["onLetter"]',
      AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentCalls: '1',
    },
    log: createHostLog({ write: () => {}, now: () => Date.now() }),
  });
  await send('held', { body: { ms: 300 } }, { body: { ms: 301 } });
  await expect.poll(() => existsSync(ownRuns), { timeout: 5_000, interval: 5 }).toBe(true);
  await ending.close();

  const written = readFileSync(ownRuns, 'utf8').trim().split('\n');
  expect(written.map((line) => JSON.parse(line) as Line)).toMatchObject([
    { message: { ms: 300 } },
    { ended: 300 },
  ]);
  const left = await bus.connect().createReceiver('held').peekMessages(5);
  expect(left.map(({ body }) => body as unknown)).toEqual([{ ms: 301 }]);
  rmSync(own, { recursive: true, force: true });
});
