import { beforeEach, describe, expect, it } from 'vitest';
import { clientPayload } from '#local/functions-host/durable/client-payload.ts';
import { createDurableEngine } from '#local/functions-host/durable/engine.ts';
import { createManagementApi, type ManagementReply } from '#local/functions-host/durable/management-api.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';

let clock: ManualClock;
type Call<Answer> = (method: string, path: string, body?: unknown, token?: string) => Answer;
let callAndWait: Call<ManagementReply | Promise<ManagementReply>>;
let call: Call<ManagementReply>;
let idle: () => Promise<void>;

/** An engine whose orchestrator `done` is done at once and whose `waits` waits for an event. */
beforeEach(() => {
  clock = createManualClock(Date.UTC(2026, 0, 1));
  const engine = createDurableEngine({
    store: openStore(':memory:'),
    clock,
    catalog: { orchestrators: () => ['done', 'waits'], activities: () => [] },
    invokeOrchestrator: async (name) =>
      name === 'done'
        ? { isDone: true, actions: [[]], output: 'over' }
        : { isDone: false, actions: [[{ actionType: 6, externalEventName: 'go' }]], customStatus: { at: 1 } },
    invokeActivity: async () => null,
  });
  const api = createManagementApi(
    engine,
    clientPayload({
      origin: 'http://localhost:1',
      hubName: 'Hub',
      key: 'k',
      rpcBaseUrl: 'http://127.0.0.1:2/',
    }),
    clock,
  );
  callAndWait = (method, path, body, continuationToken) => {
    const url = new URL(path, 'http://x/');
    const segments = url.pathname.slice(1).split('/');
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    return api({ method, segments, query: url.searchParams, body: text, continuationToken });
  };
  call = (...given) => {
    const answer = callAndWait(...given);
    if (answer instanceof Promise) throw new Error('it waits');
    return answer;
  };
  idle = () => engine.idle();
});

describe('a start', () => {
  it('answers with the id and its links', () => {
    const { status, body, headers } = call('POST', 'orchestrators/done/a%20b', { n: 1 });
    expect(status).toBe(202);
    expect(body).toMatchObject({ id: 'a b' });
    expect(headers?.['location']).toContain('/instances/a%20b?taskHub=Hub&connection=Storage&code=k');
  });

  it.each(['@entity', 'a%23b', 'a%0ab', 'x'.repeat(257)])('refuses the id %s', (id) => {
    expect(call('POST', `orchestrators/done/${id}`).status).toBe(400);
  });

  it('refuses a body that is not JSON', () => {
    expect(call('POST', 'orchestrators/done/a', '{').status).toBe(400);
  });

  it('of an id that runs is a conflict, of one that has finished a new instance', async () => {
    call('POST', 'orchestrators/waits/w');
    call('POST', 'orchestrators/done/d');
    await idle();
    expect(call('POST', 'orchestrators/waits/w').status).toBe(409);
    expect(call('POST', 'orchestrators/done/d').status).toBe(202);
  });
});

// https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api: timeout and pollingInterval.
describe('a start that waits', () => {
  const wait = 'timeout=30&pollingInterval=1';

  it('answers with the output when the instance ends in time', async () => {
    expect(await callAndWait('POST', `orchestrators/done/d?${wait}`)).toEqual({ status: 200, body: 'over' });
  });

  it('answers with the whole status and 500 when the instance fails', async () => {
    expect(await callAndWait('POST', `orchestrators/nobody/n?${wait}`)).toMatchObject({
      status: 500,
      body: { runtimeStatus: 'Failed' },
    });
  });

  it('answers as any other start when the time is up', async () => {
    const answer = callAndWait('POST', `orchestrators/waits/w?${wait}`);
    await idle();
    clock.advance(30_000);
    expect(await answer).toMatchObject({ status: 202, body: { id: 'w' } });
  });

  it.each(['timeout=3', 'pollingInterval=1', 'timeout=x&pollingInterval=1', 'timeout=1&pollingInterval=2'])(
    'is refused with %s, and nothing is started',
    (query) => {
      expect(call('POST', `orchestrators/done/d?${query}`).status).toBe(400);
      expect(call('GET', 'instances/d').status).toBe(404);
    },
  );
});

describe('a status', () => {
  it('is 202 while the instance runs and 200 when it has finished', async () => {
    call('POST', 'orchestrators/waits/w', { secret: 1 });
    call('POST', 'orchestrators/done/d');
    await idle();
    expect(call('GET', 'instances/w')).toMatchObject({
      status: 202,
      body: { runtimeStatus: 'Running', input: { secret: 1 }, output: null, customStatus: { at: 1 } },
    });
    expect(call('GET', 'instances/w?showInput=false').body).toMatchObject({ input: null });
    expect(call('GET', 'instances/d')).toMatchObject({
      status: 200,
      body: { runtimeStatus: 'Completed', output: 'over', createdTime: '2026-01-01T00:00:00Z' },
    });
  });

  it('of a failed instance is 500 when the caller asks for that', async () => {
    call('POST', 'orchestrators/nobody/n');
    await idle();
    expect(call('GET', 'instances/n').status).toBe(200);
    expect(call('GET', 'instances/n?returnInternalServerErrorOnFailure=true').status).toBe(500);
  });

  it('list comes in pages, by status and time', async () => {
    for (let index = 0; index < 120; index += 1) call('POST', `orchestrators/done/d${index}`);
    clock.advance(60_000);
    call('POST', 'orchestrators/waits/w');
    await idle();
    const first = call('GET', 'instances/');
    expect(first.body).toHaveLength(100);
    const token = first.headers?.['x-ms-continuation-token'];
    expect(call('GET', 'instances/', undefined, token).body).toHaveLength(21);
    expect(call('GET', 'instances/?runtimeStatus=Running,Pending').body).toMatchObject([{ instanceId: 'w' }]);
    expect(call('GET', 'instances/?createdTimeTo=2026-01-01T00:00:30Z&top=500').body).toHaveLength(120);
  });
});

describe('a list', () => {
  it('goes on behind its last page, whatever was purged meanwhile', async () => {
    for (let index = 100; index < 104; index += 1) call('POST', `orchestrators/done/d${index}`);
    await idle();
    const first = call('GET', 'instances/?top=2');
    call('DELETE', 'instances/d100');
    call('DELETE', 'instances/d101');
    const next = call('GET', 'instances/?top=2', undefined, first.headers?.['x-ms-continuation-token']);
    expect(next.body).toMatchObject([{ instanceId: 'd102' }, { instanceId: 'd103' }]);
    expect(next.headers).toBeUndefined();
  });

  it('may be of ids that begin alike, taken literally', async () => {
    for (const id of ['a%25b', 'aab', 'a%25c']) call('POST', `orchestrators/done/${id}`);
    await idle();
    expect(call('GET', 'instances/?instanceIdPrefix=a%25').body).toMatchObject([
      { instanceId: 'a%b' },
      { instanceId: 'a%c' },
    ]);
  });

  it.each(['top=0', 'top=x', 'runtimeStatus=Odd', 'createdTimeFrom=never'])('is refused with %s', (query) => {
    expect(call('GET', `instances/?${query}`).status).toBe(400);
  });

  it.each(['1', 'e30', 'WzEsMl0'])('is refused with the foreign token %s', (token) => {
    expect(call('GET', 'instances/', undefined, token).status).toBe(400);
  });
});

describe('an operation', () => {
  it.each(['terminate', 'suspend', 'resume', 'raiseEvent/go'])(
    '%s is 404 unknown, 202 live, 410 finished',
    async (operation) => {
      call('POST', 'orchestrators/waits/w');
      call('POST', 'orchestrators/done/d');
      await idle();
      expect(call('POST', `instances/none/${operation}`).status).toBe(404);
      expect(call('POST', `instances/w/${operation}`).status).toBe(202);
      expect(call('POST', `instances/d/${operation}`).status).toBe(410);
    },
  );

  it.each(['instances/w/rewind', 'instances/w/restart'])('%s is not implemented and says so', (path) => {
    expect(call('POST', path)).toMatchObject({
      status: 501,
      body: { Message: expect.stringContaining('does not implement') },
    });
  });
});

describe('a purge', () => {
  it('of one instance forgets it', async () => {
    call('POST', 'orchestrators/done/d');
    await idle();
    expect(call('DELETE', 'instances/d')).toMatchObject({ status: 200, body: { instancesDeleted: 1 } });
    expect(call('DELETE', 'instances/d').status).toBe(404);
    expect(call('GET', 'instances/d').status).toBe(404);
  });

  it('of many takes the finished ones, and needs a time', async () => {
    call('POST', 'orchestrators/done/d');
    call('POST', 'orchestrators/waits/w');
    await idle();
    expect(call('DELETE', 'instances/').status).toBe(400);
    expect(call('DELETE', 'instances/?createdTimeFrom=2025-01-01T00:00:00Z').body).toEqual({
      instancesDeleted: 1,
    });
    expect(call('GET', 'instances/w').status).toBe(202);
  });
});
