import { ChangeFeedStartFrom, type Container, PartitionKeyKind, type SqlQuerySpec } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statusOf } from './account.ts';
import { openSubject, type Subject } from './subject.ts';

// Every describe names the page below https://learn.microsoft.com that promises what is asked.
let subject: Subject;
let container: Container;
beforeAll(async () => {
  subject = await openSubject(process.env);
  container = await subject.newContainer();
});
afterAll(() => subject.close());

const all = async (from: Container, query: string | SqlQuerySpec, partitionKey?: string) =>
  (await from.items.query<unknown>(query, partitionKey === undefined ? {} : { partitionKey }).fetchAll())
    .resources;

describe('rest/api/cosmos-db/create-a-document', () => {
  it('answers 201 with the system properties, and 409 for the same id in the same partition alone', async () => {
    const { statusCode, resource } = await container.items.create({ id: 'created', pk: 'a' });
    expect(statusCode).toBe(201);
    expect(resource).toMatchObject({
      _rid: expect.any(String),
      _ts: expect.any(Number),
      _self: expect.stringMatching(/^dbs\/.*\/colls\/.*\/docs\/.*\/$/),
      _etag: expect.stringMatching(/^".*"$/),
      _attachments: 'attachments/',
    });
    expect(await statusOf(container.items.create({ id: 'created', pk: 'a' }))).toBe(409);
    expect(await statusOf(container.items.create({ id: 'created', pk: 'b' }))).toBe(0);
  });

  it('answers 201 and then 200 for an upsert', async () => {
    expect((await container.items.upsert({ id: 'upserted', pk: 'a' })).statusCode).toBe(201);
    expect((await container.items.upsert({ id: 'upserted', pk: 'a', n: 1 })).statusCode).toBe(200);
  });

  it('answers 413 above 2 MB', async () => {
    const text = 'x'.repeat(2 * 1024 * 1024 + 1);
    expect(await statusOf(container.items.create({ id: 'large', pk: 'a', text }))).toBe(413);
  });
});

describe('rest/api/cosmos-db/get-a-document', () => {
  it('answers 404 for what is not there and 304 for an ETag that still holds', async () => {
    expect((await container.item('nothing', 'a').read()).statusCode).toBe(404);
    const { resource } = await container.items.create({ id: 'known', pk: 'a' });
    const accessCondition = { type: 'IfNoneMatch', condition: resource?._etag ?? '' };
    expect((await container.item('known', 'a').read({ accessCondition })).statusCode).toBe(304);
  });
});

describe('rest/api/cosmos-db/replace-a-document and delete-a-document', () => {
  it('replace by ETag and answer 412 for one that is stale', async () => {
    const { resource } = await container.items.create({ id: 'replaced', pk: 'a' });
    const accessCondition = { type: 'IfMatch', condition: resource?._etag ?? '' };
    const item = container.item('replaced', 'a');
    expect((await item.replace({ id: 'replaced', pk: 'a', n: 1 }, { accessCondition })).statusCode).toBe(200);
    expect(await statusOf(item.replace({ id: 'replaced', pk: 'a', n: 2 }, { accessCondition }))).toBe(412);
    expect(await statusOf(item.delete({ accessCondition }))).toBe(412);
    expect((await item.delete()).statusCode).toBe(204);
    expect(await statusOf(item.delete())).toBe(404);
  });
});

describe('azure/cosmos-db/partial-document-update', () => {
  it('applies its operations in order, and none when the condition does not hold', async () => {
    await container.items.create({ id: 'patched', pk: 'a', n: 1, tags: ['x'], old: true });
    const item = container.item('patched', 'a');
    const { resource } = await item.patch<Record<string, unknown>>([
      { op: 'incr', path: '/n', value: 5 },
      { op: 'add', path: '/tags/-', value: 'y' },
      { op: 'set', path: '/new', value: { deep: 1 } },
      { op: 'replace', path: '/tags/0', value: 'z' },
      { op: 'remove', path: '/old' },
    ]);
    expect(resource).toMatchObject({ n: 6, tags: ['z', 'y'], new: { deep: 1 } });
    expect(resource).not.toHaveProperty('old');
    const conditional = {
      condition: 'FROM c WHERE c.n > 100',
      operations: [{ op: 'set' as const, path: '/n', value: 0 }],
    };
    expect(await statusOf(item.patch(conditional))).toBe(412);
  });
});

describe('azure/cosmos-db/transactional-batch', () => {
  it('does all or nothing: 207 with the failed status and 424 for the others', async () => {
    const create = (id: string) => ({ operationType: 'Create' as const, resourceBody: { id, pk: 'batch' } });
    const done = await container.items.batch([create('one'), create('two')], 'batch');
    expect(done.result?.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    const failed = await container.items.batch([create('three'), create('one'), create('four')], 'batch');
    expect(failed.code).toBe(207);
    expect(failed.result?.map(({ statusCode }) => statusCode)).toEqual([424, 409, 424]);
    expect(await all(container, 'SELECT VALUE c.id FROM c', 'batch')).toEqual(['one', 'two']);
  });
});

describe('azure/cosmos-db/unique-keys, hierarchical-partition-keys and time-to-live', () => {
  it('refuses a second item with a unique value in one partition with 409', async () => {
    const unique = await subject.newContainer({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/mail'] }] } });
    await unique.items.create({ id: '1', pk: 'a', mail: 'm' });
    expect(await statusOf(unique.items.create({ id: '2', pk: 'a', mail: 'm' }))).toBe(409);
    expect(await statusOf(unique.items.create({ id: '2', pk: 'b', mail: 'm' }))).toBe(0);
  });

  it('finds the items below a prefix of a hierarchical key', async () => {
    const partitionKey = { paths: ['/tenant', '/user'], kind: PartitionKeyKind.MultiHash, version: 2 };
    const nested = await subject.newContainer({ partitionKey });
    const users = { 1: ['t', 'u'], 2: ['t', 'v'], 3: ['s', 'u'] };
    for (const [id, [tenant, user]] of Object.entries(users)) await nested.items.create({ id, tenant, user });
    expect((await nested.item('1', ['t', 'u']).read()).statusCode).toBe(200);
    const query = "SELECT VALUE c.id FROM c WHERE c.tenant = 't' ORDER BY c.id";
    expect(await all(nested, query)).toEqual(['1', '2']);
  });

  it('lets an item expire by its own ttl', async () => {
    const mortal = await subject.newContainer({ defaultTtl: -1 });
    await mortal.items.create({ id: 'mortal', pk: 'a', ttl: 1 });
    await mortal.items.create({ id: 'immortal', pk: 'a' });
    await subject.wait(2_500);
    expect((await mortal.item('mortal', 'a').read()).statusCode).toBe(404);
    expect((await mortal.item('immortal', 'a').read()).statusCode).toBe(200);
  });
});

describe('cosmos-db/query', () => {
  let families: Container;
  beforeAll(async () => {
    families = await subject.newContainer();
    await families.items.create({
      id: 'AndersenFamily',
      pk: 'f',
      children: [{ name: 'Henriette', grade: 5, pets: [{ name: 'Fluffy' }] }],
      city: 'Seattle',
    });
    await families.items.create({
      id: 'WakefieldFamily',
      pk: 'f',
      children: [
        { name: 'Jesse', grade: 1, pets: [{ name: 'Goofy' }, { name: 'Shadow' }] },
        { name: 'Lisa', grade: 8 },
      ],
      city: 'NY',
    });
  });

  it.each<[page: string, query: string, answer: unknown[]]>([
    ['select', "SELECT f.city FROM f WHERE f.id = 'AndersenFamily'", [{ city: 'Seattle' }]],
    [
      'join',
      'SELECT VALUE p.name FROM f JOIN c IN f.children JOIN p IN c.pets',
      ['Fluffy', 'Goofy', 'Shadow'],
    ],
    ['order-by', 'SELECT VALUE f.city FROM f ORDER BY f.city', ['NY', 'Seattle']],
    ['offset-limit', 'SELECT VALUE f.id FROM f ORDER BY f.id OFFSET 1 LIMIT 1', ['WakefieldFamily']],
    ['group-by', 'SELECT COUNT(1) AS n, f.pk FROM f GROUP BY f.pk', [{ n: 2, pk: 'f' }]],
    [
      'subquery',
      'SELECT VALUE f.id FROM f WHERE EXISTS(SELECT VALUE c FROM c IN f.children WHERE c.grade > 7)',
      ['WakefieldFamily'],
    ],
    [
      'array-contains',
      'SELECT VALUE f.id FROM f WHERE ARRAY_CONTAINS(f.children, {"grade": 5}, true)',
      ['AndersenFamily'],
    ],
    ['like', "SELECT VALUE f.id FROM f WHERE f.id LIKE '%field%'", ['WakefieldFamily']],
    ['between', 'SELECT VALUE c.name FROM c IN f.children WHERE c.grade BETWEEN 5 AND 6', ['Henriette']],
    ['in', "SELECT VALUE f.id FROM f WHERE f.city IN ('NY', 'LA')", ['WakefieldFamily']],
    ['distinct', 'SELECT DISTINCT VALUE f.pk FROM f', ['f']],
    ['sum', 'SELECT VALUE SUM(c.grade) FROM c IN f.children', [14]],
    [
      'datetimebin',
      'SELECT TOP 1 VALUE DATETIMEBIN("2021-01-08T18:35:00.0000000", "hh", 5) FROM f',
      ['2021-01-08T15:00:00.0000000Z'],
    ],
    ['regexmatch', "SELECT VALUE f.id FROM f WHERE REGEXMATCH(f.city, '^SEA', 'i')", ['AndersenFamily']],
  ])('%s: %s', async (_, query, answer) => {
    expect(await all(families, query, 'f')).toEqual(answer);
  });

  it.each([
    ['a function that does not exist', 'SELECT VALUE NOSUCH(f.id) FROM f'],
    ['an incomplete clause', 'SELECT * FROM f WHERE'],
    ['a reserved word as a property', 'SELECT f.order FROM f'],
  ])('answers 400 for %s', async (_, query) => {
    expect(await statusOf(all(families, query, 'f'))).toBe(400);
  });

  it('goes on where a continuation token says', async () => {
    const query = 'SELECT VALUE f.id FROM f';
    const options = { partitionKey: 'f', maxItemCount: 1 };
    const first = await families.items.query<string>(query, options).fetchNext();
    const { continuationToken } = first;
    const rest = await families.items
      .query<string>(query, { ...options, continuationToken: String(continuationToken) })
      .fetchAll();
    expect([...first.resources, ...rest.resources].toSorted()).toEqual(['AndersenFamily', 'WakefieldFamily']);
  });
});

describe('azure/cosmos-db/nosql/change-feed-pull-model', () => {
  const idsOf = async (own: Container, changeFeedStartFrom: ChangeFeedStartFrom) => {
    const feed = own.items.getChangeFeedIterator<{ id: string }>({ changeFeedStartFrom });
    const ids: string[] = [];
    for (let page = await feed.readNext(); page.statusCode !== 304; page = await feed.readNext())
      ids.push(...page.result.map(({ id }) => id));
    return ids;
  };

  it('reads all changes, those of a partition, of a range, and those since a time', async () => {
    const own = await subject.newContainer();
    await own.items.create({ id: 'one', pk: 'a' });
    await own.items.create({ id: 'two', pk: 'b' });
    await subject.wait(3_000);
    const { resource } = await own.items.upsert({ id: 'one', pk: 'a', again: true });
    expect((await idsOf(own, ChangeFeedStartFrom.Beginning())).toSorted()).toEqual(['one', 'two']);
    expect(await idsOf(own, ChangeFeedStartFrom.Beginning('b'))).toEqual(['two']);
    const ranges = await own.getFeedRanges();
    const byRange = [];
    for (const range of ranges) byRange.push(...(await idsOf(own, ChangeFeedStartFrom.Beginning(range))));
    expect(byRange.toSorted()).toEqual(['one', 'two']);
    const since = new Date((resource?._ts ?? 0) * 1000 - 1_000);
    expect(await idsOf(own, ChangeFeedStartFrom.Time(since))).toEqual(['one']);
  });

  it('goes on from a continuation with what came since', async () => {
    const own = await subject.newContainer();
    const now = own.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
    const { continuationToken } = await now.readNext();
    await own.items.create({ id: 'later', pk: 'a' });
    const from = ChangeFeedStartFrom.Continuation(continuationToken);
    expect(await idsOf(own, from)).toEqual(['later']);
  });
});

describe('azure/cosmos-db/consistency-levels', () => {
  it('gives every write a session token, with which a read sees it', async () => {
    const written = await container.items.create({ id: 'session', pk: 'a' });
    const sessionToken = String(written.headers['x-ms-session-token']);
    expect(sessionToken).toMatch(/^\d+:/);
    expect((await container.item('session', 'a').read({ sessionToken })).statusCode).toBe(200);
  });
});
