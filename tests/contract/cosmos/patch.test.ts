import type { PatchRequestBody } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf } from './account.ts';
import { rest } from './rest.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

const newItem = async () => {
  const container = await newContainer(account);
  await container.items.create({ id: 'a', pk: 'p', n: 1, list: [1, 2], nested: { x: 1 } });
  return container.item('a', 'p');
};

// https://learn.microsoft.com/azure/cosmos-db/partial-document-update
describe('a patch', () => {
  it('adds, sets, replaces, removes, and increments, in order', async () => {
    const item = await newItem();
    const { resource } = await item.patch([
      { op: 'add', path: '/list/1', value: 9 },
      { op: 'add', path: '/list/-', value: 3 },
      { op: 'set', path: '/nested/y', value: { deep: true } },
      { op: 'replace', path: '/nested/x', value: 'one' },
      { op: 'incr', path: '/n', value: 1.5 },
      { op: 'incr', path: '/fresh', value: 2 },
      { op: 'remove', path: '/list/0' },
    ]);
    expect(resource).toMatchObject({
      list: [9, 2, 3],
      n: 2.5,
      fresh: 2,
    });
    expect(resource?.['nested']).toEqual({ x: 'one', y: { deep: true } });
  });

  it('moves a value, which the REST interface has beside what the client library offers', async () => {
    const item = await newItem();
    const body = JSON.stringify({ operations: [{ op: 'move', from: '/nested/x', path: '/moved' }] });
    const headers = {
      'x-ms-documentdb-partitionkey': '["p"]',
      'content-type': 'application/json_patch+json',
    };
    const path = `/dbs/${item.container.database.id}/colls/items/docs/a`;
    expect((await rest(account, 'PATCH', path, { headers, body })).body).toMatchObject({
      moved: 1,
      nested: {},
    });
  });

  it.each<[string, PatchRequestBody]>([
    ['a parent that is missing', [{ op: 'add', path: '/none/x', value: 1 }]],
    ['a path to replace that is missing', [{ op: 'replace', path: '/none', value: 1 }]],
    ['a path to remove that is missing', [{ op: 'remove', path: '/none' }]],
    ['an index beyond its array', [{ op: 'set', path: '/list/7', value: 1 }]],
    ['an increment of an object', [{ op: 'incr', path: '/nested', value: 1 }]],
    ['the id', [{ op: 'set', path: '/id', value: 'b' }]],
    ['the partition key', [{ op: 'set', path: '/pk', value: 'q' }]],
    [
      'more than ten operations',
      Array.from({ length: 11 }, () => ({ op: 'incr' as const, path: '/n', value: 1 })),
    ],
  ])('is refused with 400 for %s, and changes nothing', async (_, operations) => {
    const item = await newItem();
    expect(await statusOf(item.patch(operations))).toBe(400);
    expect((await item.read()).resource).toMatchObject({ n: 1, list: [1, 2], nested: { x: 1 } });
  });

  it('with a condition applies only where the condition holds: 412 otherwise', async () => {
    const item = await newItem();
    const patch = (condition: string) =>
      statusOf(item.patch({ condition, operations: [{ op: 'incr', path: '/n', value: 1 }] }));
    expect(await patch('from c where c.n > 5')).toBe(412);
    expect(await patch('from c where c.n = 1')).toBe(0);
    expect(await patch('from c where c.n = 1')).toBe(412);
  });
});
