import { ChangeFeedStartFrom, CosmosClient, type Resource } from '@azure/cosmos';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Account, masterKey, newContainer, openAccount, statusOf } from './account.ts';
import { rest } from './rest.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterEach(() => account.cosmos.faults.clear());
afterAll(() => account.close());

describe('the account', () => {
  it('names its own endpoint, so that clients which discover endpoints find it again', async () => {
    const { resource } = await account.client().getDatabaseAccount();
    expect(resource?.writableLocations.map((place) => place.databaseAccountEndpoint)).toEqual([
      `${account.endpoint}/`,
    ]);
    const client = new CosmosClient({ endpoint: account.endpoint, key: masterKey });
    expect(await statusOf(client.databases.readAll().fetchAll())).toBe(0);
    client.dispose();
  });

  it('has one partition key range per container, which never changes: 304 for its ETag', async () => {
    const { database } = await newContainer(account);
    const path = `/dbs/${database.id}/colls/items/pkranges`;
    const first = await rest(account, 'GET', path);
    expect(first.body['PartitionKeyRanges']).toMatchObject([
      { id: '0', minInclusive: '', maxExclusive: 'FF' },
    ]);
    const headers = { 'if-none-match': String(first.headers.etag) };
    expect((await rest(account, 'GET', path, { headers })).status).toBe(304);
  });

  it('answers a path with a doubled first slash', async () => {
    expect((await rest(account, 'GET', '//dbs')).status).toBe(200);
  });
});

describe('what the stand-in lacks', () => {
  it.each([
    ['stored procedures', 'POST', '/sprocs'],
    ['triggers', 'GET', '/triggers'],
    ['users', 'GET', '/../../users'],
  ])('%s are refused with 501 that names the path', async (_, method, suffix) => {
    const { database } = await newContainer(account);
    const path = new URL(`/dbs/${database.id}/colls/items${suffix}`, account.endpoint).pathname;
    const answer = await rest(account, method, path, method === 'POST' ? { body: '{}' } : {});
    expect(answer).toMatchObject({ status: 501, body: { message: expect.stringContaining(path) } });
  });

  it('refuses with 501 the change feed of all versions', async () => {
    const { database } = await newContainer(account);
    const headers = { 'a-im': 'Full-Fidelity Feed' };
    const answer = await rest(account, 'GET', `/dbs/${database.id}/colls/items/docs`, { headers });
    expect(answer.status).toBe(501);
  });
});

// https://learn.microsoft.com/azure/cosmos-db/change-feed
describe('the change feed', () => {
  it('has the latest version of each item of a partition that was written since, then 304', async () => {
    const container = await newContainer(account);
    for (const [id, pk] of Object.entries({ a: 'p', b: 'q', c: 'p' }))
      await container.items.create({ id, pk });
    await container.items.upsert({ id: 'a', pk: 'p', again: true });
    const feed = container.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning('p'),
      maxItemCount: 1,
    });
    const ids = [];
    for (let page = await feed.readNext(); page.statusCode === 200; page = await feed.readNext())
      ids.push(...page.result.map(({ id, _lsn }: Resource & { _lsn?: number }) => `${id}@${_lsn}`));
    expect(ids).toEqual(['c@3', 'a@4']);
    await container.items.create({ id: 'd', pk: 'p' });
    expect((await feed.readNext()).result).toMatchObject([{ id: 'd' }]);
  });

  it('starts from now, or from a time', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'old', pk: 'p' });
    const fromNow = container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
    expect((await fromNow.readNext()).statusCode).toBe(304);
    account.clock.advance(10_000);
    const since = new Date(account.clock.now());
    account.clock.advance(1_000);
    await container.items.create({ id: 'new', pk: 'q' });
    const fromTime = container.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Time(since),
    });
    expect((await fromTime.readNext()).result.map(({ id }) => id)).toEqual(['new']);
    expect((await fromNow.readNext()).result.map(({ id }) => id)).toEqual(['new']);
  });
});

describe('a fault', () => {
  it('of 429 is retried by the client after x-ms-retry-after-ms', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    account.cosmos.faults.set('ReadItem', { status: 429, count: 2 });
    const before = account.cosmos.calls.count('ReadItem');
    const { statusCode, headers } = await container.item('a', 'p').read();
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'x-ms-throttle-retry-count': 2, 'x-ms-throttle-retry-wait-time-ms': 20 });
    expect(account.cosmos.calls.count('ReadItem') - before).toBe(3);
  });

  it('of 449 reaches the caller in the shape of the service', async () => {
    const container = await newContainer(account);
    account.cosmos.faults.set('CreateItem', { status: 449, count: 1 });
    await expect(container.items.create({ id: 'a', pk: 'p' })).rejects.toMatchObject({
      code: 449,
      body: { code: 'RetryWith' },
    });
    expect((await container.item('a', 'p').read()).statusCode).toBe(404);
  });
});
