import type { Container, CosmosClient } from '@azure/cosmos';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf } from './account.ts';

let account: Account;
let container: Container;
beforeAll(async () => {
  account = await openAccount();
  container = await newContainer(account);
});
afterEach(() => account.cosmos.faults.clear());
afterAll(() => account.close());

const impatient = { connectionPolicy: { enableEndpointDiscovery: false, retryOptions: noRetries() } };

function noRetries() {
  return { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 };
}

/** The container through another client, which has no session with it yet. */
const seenBy = (client: CosmosClient, other = container) =>
  client.database(other.database.id).container(other.id);

describe('a fault seen through the SDK', () => {
  it('is one of the kinds that the stand-in lists, on an operation that it lists', () => {
    const { operations = [], faultKinds = [] } = account.cosmos;
    expect(operations).toContain('ReadItem');
    expect(faultKinds.toSorted()).toEqual(
      ['delayMs', 'drop', 'skewMs', 'staleMs', 'status', 'throttleMs'].toSorted(),
    );
  });

  it('of throttleMs is a 429 with that wait', async () => {
    account.cosmos.faults.set('CreateItem', { throttleMs: 1234 });
    const refused = seenBy(account.client(impatient)).items.create({ id: 'throttled', pk: 'p' });
    await expect(refused).rejects.toMatchObject({ code: 429, substatus: 3200, retryAfterInMs: 1234 });
    expect((await container.item('throttled', 'p').read()).statusCode).toBe(404);
  });

  it('of drop is a lost connection, over which the client reads again', async () => {
    await container.items.create({ id: 'dropped', pk: 'p' });
    account.cosmos.faults.set('ReadItem', { drop: true, count: 1 });
    const before = account.cosmos.calls.count('ReadItem');
    expect((await container.item('dropped', 'p').read()).statusCode).toBe(200);
    expect(account.cosmos.calls.count('ReadItem') - before).toBe(2);
  });

  it('of delayMs outlasts a client that waits less', async () => {
    await container.items.create({ id: 'late', pk: 'p' });
    account.cosmos.faults.set('ReadItem', { delayMs: 5_000 });
    const abort = new AbortController();
    const reading = container.item('late', 'p').read({ abortSignal: abort.signal });
    const before = account.cosmos.calls.count('ReadItem');
    while (account.cosmos.calls.count('ReadItem') === before) await new Promise(setImmediate);
    abort.abort();
    await expect(reading).rejects.toThrow(/abort/i);
  });

  it('of skewMs makes tokens of the future, of the past and of the key invalid', async () => {
    const { client } = account.tokenClient({});
    const item = seenBy(client).item('nothing', 'p');
    expect((await item.read()).statusCode).toBe(404);
    account.cosmos.faults.set('ReadItem', { skewMs: 2 * 3_600_000 });
    expect(await statusOf(item.read())).toBe(401);
    expect(await statusOf(container.item('nothing', 'p').read())).toBe(403);
  });
});

// https://learn.microsoft.com/azure/cosmos-db/consistency-levels
describe('a stale read', () => {
  it('answers what was there, to a client without a session, and keeps the session of the one that wrote', async () => {
    const own = seenBy(account.client({ consistencyLevel: 'Session' }), await newContainer(account));
    await own.items.create({ id: 'changed', pk: 'p', n: 1 });
    await own.items.create({ id: 'deleted', pk: 'p', n: 2 });
    account.clock.advance(60_000);
    await own.items.upsert({ id: 'changed', pk: 'p', n: 10 });
    await own.item('deleted', 'p').delete();
    await own.items.create({ id: 'new', pk: 'q', n: 3 });
    account.cosmos.faults.set('*', { staleMs: 30_000 });

    const reader = seenBy(account.client({ consistencyLevel: 'Eventual' }), own);
    const read = async (from: Container, id: string, pk: string) =>
      (await from.item(id, pk).read<{ n: number }>()).resource?.n;
    expect(await read(reader, 'changed', 'p')).toBe(1);
    expect(await read(reader, 'deleted', 'p')).toBe(2);
    expect(await read(reader, 'new', 'q')).toBeUndefined();
    const query = 'SELECT VALUE c.n FROM c';
    expect((await reader.items.query(query).fetchAll()).resources).toEqual([1, 2]);
    expect((await reader.items.query(query, { partitionKey: 'q' }).fetchAll()).resources).toEqual([]);

    expect(await read(own, 'changed', 'p')).toBe(10);
    expect(await read(own, 'deleted', 'p')).toBeUndefined();
    expect((await own.items.query(query).fetchAll()).resources).toEqual([10, 3]);
  });

  it('leaves writes alone: a stale ETag is still refused', async () => {
    const own = await newContainer(account);
    const { resource } = await own.items.create({ id: 'a', pk: 'p' });
    account.clock.advance(10_000);
    await own.items.upsert({ id: 'a', pk: 'p', again: true });
    account.cosmos.faults.set('*', { staleMs: 5_000 });
    const reader = seenBy(account.client({ consistencyLevel: 'Eventual' }), own);
    const stale = (await reader.item('a', 'p').read()).resource;
    expect(stale?._etag).toBe(resource?._etag);
    const accessCondition = { type: 'IfMatch', condition: stale?._etag ?? '' };
    expect(await statusOf(reader.item('a', 'p').replace({ id: 'a', pk: 'p' }, { accessCondition }))).toBe(
      412,
    );
  });
});

// https://learn.microsoft.com/azure/cosmos-db/request-units
describe('a budget of request units', () => {
  afterEach(() => account.cosmos.limitRequestUnits(undefined));

  it('refuses with 429 once it is spent, says when to come back, and has refilled then', async () => {
    account.cosmos.limitRequestUnits(10);
    const client = seenBy(account.client(impatient));
    const write = (id: string) => client.items.upsert({ id, pk: 'budget' });
    for (const id of ['a', 'b']) await write(id);
    const refused: unknown = await write('c').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 429, substatus: 3200 });
    const { retryAfterInMs } = refused as { retryAfterInMs: number };
    expect(retryAfterInMs).toBeGreaterThan(0);
    account.clock.advance(retryAfterInMs);
    expect((await write('c')).statusCode).toBe(201);
  });

  it('is each container its own', async () => {
    const other = seenBy(account.client(impatient), await newContainer(account));
    account.cosmos.limitRequestUnits(1);
    const client = seenBy(account.client(impatient));
    await client.items.upsert({ id: 'a', pk: 'budget' });
    expect(await statusOf(client.items.upsert({ id: 'a', pk: 'budget' }))).toBe(429);
    expect(await statusOf(other.items.upsert({ id: 'a', pk: 'budget' }))).toBe(0);
  });
});

describe('a look inside', () => {
  it('shows databases, containers, documents and queries over all partitions', async () => {
    const own = await newContainer(account);
    await own.items.create({ id: 'a', pk: 'p' });
    await own.items.query('SELECT VALUE c.inside FROM c').fetchAll();
    const empty = await account.client().databases.create({ id: 'empty' });
    const [containers, documents, queries] = account.cosmos.inspect?.() ?? [];
    expect(containers?.rows).toContainEqual([own.database.id, 'items', '/pk', 1, 1]);
    expect(containers?.rows).toContainEqual([empty.database.id, '', '', 0, 0]);
    const found = documents?.rows.find(([database]) => database === own.database.id);
    expect(found?.slice(1, 4)).toEqual(['items', '["p"]', 'a']);
    expect(queries?.rows).toContainEqual(['SELECT VALUE c.inside FROM c', 1]);
  });
});
