import type { Container, OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf } from './account.ts';
import { rest } from './rest.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

const create = (id: string, pk = 'p'): OperationInput => ({
  operationType: 'Create',
  resourceBody: { id, pk },
});
const codes = async (work: ReturnType<Container['items']['batch']>) =>
  (await work).result?.map(({ statusCode }) => statusCode);
const idsIn = async (container: Container) =>
  (await container.items.query<string>('SELECT VALUE c.id FROM c', { partitionKey: 'p' }).fetchAll())
    .resources;

// https://learn.microsoft.com/azure/cosmos-db/nosql/transactional-batch
describe('a transactional batch', () => {
  it('answers 200 and the result of each operation, reads among them', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'old', pk: 'p', n: 1 });
    const { code, result } = await container.items.batch(
      [
        create('a'),
        { operationType: 'Upsert', resourceBody: { id: 'old', pk: 'p', n: 2 } },
        { operationType: 'Patch', id: 'old', resourceBody: [{ op: 'incr', path: '/n', value: 5 }] },
        { operationType: 'Read', id: 'old' },
        { operationType: 'Replace', id: 'a', resourceBody: { id: 'a', pk: 'p', replaced: true } },
        { operationType: 'Delete', id: 'old' },
      ],
      'p',
    );
    expect(code).toBe(200);
    expect(result?.map(({ statusCode }) => statusCode)).toEqual([201, 200, 200, 200, 200, 204]);
    expect(result?.[3]?.resourceBody).toMatchObject({ n: 7 });
    expect(await idsIn(container)).toEqual(['a']);
  });

  it('is atomic: when one operation fails with 409, the others are 424 and nothing is written', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'taken', pk: 'p' });
    const work = container.items.batch([create('a'), create('taken'), create('b')], 'p');
    expect((await work).code).toBe(207);
    expect(await codes(work)).toEqual([424, 409, 424]);
    expect(await idsIn(container)).toEqual(['taken']);
  });

  it('fails as a whole with 412 when one If-Match is stale', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    const replace: OperationInput = {
      operationType: 'Replace',
      id: 'a',
      ifMatch: '"stale"',
      resourceBody: { id: 'a', pk: 'p', n: 1 },
    };
    expect(await codes(container.items.batch([create('b'), replace], 'p'))).toEqual([424, 412]);
    expect(await idsIn(container)).toEqual(['a']);
  });

  it('fails as a whole with 404 when an item is missing, and with 400 when one is of another partition', async () => {
    const container = await newContainer(account);
    const missing: OperationInput = { operationType: 'Delete', id: 'missing' };
    expect(await codes(container.items.batch([create('a'), missing], 'p'))).toEqual([424, 404]);
    expect(await codes(container.items.batch([create('a'), create('b', 'q')], 'p'))).toEqual([424, 400]);
    expect(await idsIn(container)).toEqual([]);
  });

  it('gives back the values of unique keys that it had taken', async () => {
    const container = await newContainer(account, {
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/name'] }] },
    });
    const named = (id: string): OperationInput => ({
      operationType: 'Create',
      resourceBody: { id, pk: 'p', name: 'n' },
    });
    expect(await codes(container.items.batch([named('a'), named('b')], 'p'))).toEqual([424, 409]);
    expect(await statusOf(container.items.create({ id: 'c', pk: 'p', name: 'n' }))).toBe(0);
  });

  it('of more than 100 operations is refused with 400', async () => {
    const container = await newContainer(account);
    const headers = {
      'x-ms-cosmos-is-batch-request': 'True',
      'x-ms-cosmos-batch-atomic': 'True',
      'x-ms-documentdb-partitionkey': '["p"]',
    };
    const send = (count: number) => {
      const body = JSON.stringify(Array.from({ length: count }, (_, index) => create(String(index))));
      return rest(account, 'POST', `/dbs/${container.database.id}/colls/items/docs`, { headers, body });
    };
    expect([(await send(101)).status, (await send(100)).status]).toEqual([400, 200]);
  });

  it('leaves documents out of the answer when the content of writes is not wanted', async () => {
    const container = await newContainer(account);
    const options = { contentResponseOnWriteEnabled: false };
    const { result } = await container.items.batch([create('a')], 'p', options);
    expect(result?.[0]).toMatchObject({ statusCode: 201 });
    expect(result?.[0]?.resourceBody).toBeUndefined();
  });
});

describe('bulk operations', () => {
  it('succeed and fail each for itself', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'taken', pk: 'p' });
    const results = await container.items.executeBulkOperations(
      ['a', 'taken', 'b'].map((id) => ({
        operationType: 'Create' as const,
        partitionKey: 'p',
        resourceBody: { id, pk: 'p' },
      })),
    );
    expect(results.map(({ response, error }) => response?.statusCode ?? error?.code)).toEqual([
      201, 409, 201,
    ]);
    expect(await idsIn(container)).toEqual(['taken', 'a', 'b']);
  });
});
