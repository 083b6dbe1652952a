import type { Container, FeedOptions, SqlQuerySpec } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf } from './account.ts';
import { rest } from './rest.ts';

let account: Account;
let container: Container;
beforeAll(async () => {
  account = await openAccount();
  container = await newContainer(account, {
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [{ path: '/*' }],
      excludedPaths: [{ path: '/hidden/*' }],
      compositeIndexes: [
        [
          { path: '/kind', order: 'ascending' },
          { path: '/n', order: 'descending' },
        ],
      ],
    },
  });
  for (let n = 0; n < 12; n += 1)
    await container.items.create({
      id: `i${n}`,
      pk: n % 2 === 0 ? 'even' : 'odd',
      n,
      kind: n % 3 === 0 ? 'fizz' : 'plain',
      tags: [`t${n}`, 'all'],
    });
});
afterAll(() => account.close());

const ask = async (query: string | SqlQuerySpec, options?: FeedOptions): Promise<unknown[]> =>
  (await container.items.query<unknown>(query, options).fetchAll()).resources;

// https://learn.microsoft.com/azure/cosmos-db/nosql/query/
describe('a query', () => {
  it('with a partition key sees that partition alone', async () => {
    expect(await ask('SELECT VALUE c.n FROM c', { partitionKey: 'odd' })).toEqual([1, 3, 5, 7, 9, 11]);
  });

  it('takes parameters', async () => {
    const parameters = [
      { name: '@kind', value: 'fizz' },
      { name: '@least', value: 4 },
    ];
    const query = 'SELECT VALUE c.n FROM c WHERE c.kind = @kind AND c.n > @least';
    expect(await ask({ query, parameters })).toEqual([6, 9]);
  });

  it('joins the elements of an array within an item', async () => {
    const query = "SELECT c.n, t FROM c JOIN t IN c.tags WHERE t = 't4'";
    expect(await ask(query)).toEqual([{ n: 4, t: 't4' }]);
  });

  it('groups and aggregates', async () => {
    const query =
      'SELECT c.kind, COUNT(1) AS count, SUM(c.n) AS sum, AVG(c.n) AS mean FROM c GROUP BY c.kind';
    expect(await ask(query)).toEqual([
      { kind: 'fizz', count: 4, sum: 18, mean: 4.5 },
      { kind: 'plain', count: 8, sum: 48, mean: 6 },
    ]);
    expect(await ask('SELECT VALUE MAX(c.n) FROM c', { partitionKey: 'even' })).toEqual([10]);
  });

  it('orders by one property, and by several that a composite index serves', async () => {
    expect(await ask('SELECT VALUE c.n FROM c ORDER BY c.n DESC OFFSET 2 LIMIT 3')).toEqual([9, 8, 7]);
    const both = await ask('SELECT VALUE c.n FROM c ORDER BY c.kind, c.n DESC');
    expect(both).toEqual([9, 6, 3, 0, 11, 10, 8, 7, 5, 4, 2, 1]);
    expect(await ask('SELECT VALUE c.n FROM c ORDER BY c.kind DESC, c.n')).toEqual(both.toReversed());
  });

  it.each([
    ['an excluded path', 'SELECT * FROM c ORDER BY c.hidden.x', 'is excluded'],
    ['paths without a composite index', 'SELECT * FROM c ORDER BY c.n, c.kind', 'composite index'],
    ['an expression', 'SELECT * FROM c ORDER BY LOWER(c.kind)', 'document path'],
    ['the elements of an array', 'SELECT c.n FROM c JOIN t IN c.tags ORDER BY t.x', 'correlated'],
  ])('ordered by %s is refused with 400', async (_, query, message) => {
    await expect(ask(query)).rejects.toMatchObject({ code: 400, message: expect.stringContaining(message) });
  });

  it.each([
    ['unknown syntax', 'SELECT * FROM c WHERE', 'Syntax error, incorrect syntax near'],
    ['a reserved word as a property', 'SELECT c.order FROM c', "near 'order'"],
    [
      'an unknown function',
      'SELECT VALUE NOSUCH(c.n) FROM c',
      "'NOSUCH' is not a recognized built-in function",
    ],
    ['an unknown name', 'SELECT * FROM c WHERE x.n = 1', "Identifier 'x' could not be resolved"],
    ['a parameter without a value', 'SELECT * FROM c WHERE c.n = @n', '@n'],
  ])('with %s is refused with 400 that names it', async (_, query, message) => {
    await expect(ask(query)).rejects.toMatchObject({ code: 400, message: expect.stringContaining(message) });
  });

  it.each([
    ['in the order of the container', 'SELECT VALUE c.n FROM c'],
    ['in the order of a property', 'SELECT VALUE c.n FROM c ORDER BY c.kind, c.n DESC'],
    ['of distinct values', 'SELECT DISTINCT VALUE c.kind FROM c'],
    ['of groups', 'SELECT c.kind, COUNT(1) AS count FROM c GROUP BY c.kind'],
    ['of joined rows', 'SELECT VALUE t FROM c JOIN t IN c.tags'],
  ])('comes in pages %s that add up to the whole', async (_, query) => {
    const pages: unknown[][] = [];
    let continuationToken: string | undefined;
    do {
      const options = { maxItemCount: 5, ...(continuationToken && { continuationToken }) };
      const page = await container.items.query<unknown>(query, options).fetchNext();
      pages.push(page.resources);
      continuationToken = page.continuationToken;
    } while (continuationToken);
    expect(pages.every((page) => page.length <= 5)).toBe(true);
    expect(pages.flat()).toEqual(await ask(query));
  });

  it('refuses the continuation token of another query with 400', async () => {
    const { continuationToken } = await container.items
      .query('SELECT * FROM c', { maxItemCount: 1 })
      .fetchNext();
    expect(continuationToken).toMatch(/^[\x21-\x7e]+$/);
    const other = container.items.query('SELECT c.n FROM c', {
      continuationToken: String(continuationToken),
    });
    expect(await statusOf(other.fetchNext())).toBe(400);
  });

  it('goes on after its last item although items came and went between two pages', async () => {
    const own = await newContainer(account);
    for (const id of ['a', 'b', 'c', 'd']) await own.items.create({ id, pk: 'p' });
    const iterator = own.items.query('SELECT VALUE c.id FROM c', { partitionKey: 'p', maxItemCount: 2 });
    const first = await iterator.fetchNext();
    await own.item('a', 'p').delete();
    await own.items.create({ id: 'e', pk: 'p' });
    const second = await iterator.fetchNext();
    const third = await iterator.fetchNext();
    expect([first, second, third].map(({ resources }) => resources)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });
});

describe('crossPartitionQueries', () => {
  let before: number;
  beforeEach(() => {
    before = account.cosmos.crossPartitionQueries.length;
  });
  const seen = () => account.cosmos.crossPartitionQueries.slice(before);

  it('has the queries and feeds that name no partition, each once however many pages it has', async () => {
    await ask('SELECT * FROM c WHERE c.n > 3', { maxItemCount: 2 });
    await rest(account, 'GET', `/dbs/${container.database.id}/colls/items/docs`);
    expect(seen()).toEqual(['SELECT * FROM c WHERE c.n > 3', 'read feed of items']);
  });

  it('has none that name their partition by option or by an equality in WHERE', async () => {
    await ask('SELECT * FROM c', { partitionKey: 'odd' });
    expect(await ask("SELECT VALUE c.n FROM c WHERE c.pk = 'odd' AND c.n > 5")).toEqual([7, 9, 11]);
    expect(seen()).toEqual([]);
  });
});
