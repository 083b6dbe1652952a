import { randomUUID } from 'node:crypto';
import { PartitionKeyKind } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf } from './account.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

const bytesOf = (rid: unknown) => Buffer.from(String(rid).replaceAll('-', '/'), 'base64');

describe('databases', () => {
  it('are created once, listed, queried and deleted with what they hold', async () => {
    const { databases } = account.client();
    const { database, resource } = await databases.create({ id: 'one' });
    expect(bytesOf(resource?._rid)).toHaveLength(4);
    expect(await statusOf(databases.create({ id: 'one' }))).toBe(409);
    expect((await databases.createIfNotExists({ id: 'one' })).statusCode).toBe(200);
    expect((await databases.readAll().fetchAll()).resources.map(({ id }) => id)).toContain('one');
    const query = {
      query: 'SELECT VALUE d.id FROM d WHERE d.id = @id',
      parameters: [{ name: '@id', value: 'one' }],
    };
    expect((await databases.query(query).fetchAll()).resources).toEqual(['one']);
    await database.containers.create({ id: 'c', partitionKey: '/pk' });
    await database.delete();
    expect(await statusOf(database.read())).toBe(404);
    const again = (await databases.create({ id: 'one' })).database;
    expect((await again.containers.readAll().fetchAll()).resources).toEqual([]);
  });
});

describe('containers', () => {
  it('keep key, expiry, unique keys and indexing policy as they were given', async () => {
    const indexingPolicy = {
      indexingMode: 'consistent' as const,
      automatic: true,
      includedPaths: [{ path: '/dueAt/?' }],
      excludedPaths: [{ path: '/*' }],
    };
    const container = await newContainer(account, {
      defaultTtl: 30,
      indexingPolicy,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/a', '/b/c'] }] },
    });
    const { resource } = await container.read();
    expect(resource).toMatchObject({
      id: 'items',
      partitionKey: { paths: ['/pk'], kind: 'Hash' },
      defaultTtl: 30,
      indexingPolicy,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/a', '/b/c'] }] },
    });
    const rid = bytesOf(resource?._rid);
    expect(rid).toHaveLength(8);
    expect(rid.readUInt8(4) & 0x80).toBe(0x80);
  });

  it('are replaced, but not in their partition key: 400', async () => {
    const container = await newContainer(account);
    const replaced = await container.replace({
      id: 'items',
      partitionKey: { paths: ['/pk'] },
      defaultTtl: 60,
    });
    expect(replaced.resource?.defaultTtl).toBe(60);
    expect(await statusOf(container.replace({ id: 'items', partitionKey: { paths: ['/other'] } }))).toBe(400);
  });

  it('are 404 when they are missing, and so are their items and queries', async () => {
    const { database } = await newContainer(account);
    const missing = database.container('missing');
    expect(await statusOf(missing.read())).toBe(404);
    expect((await missing.item('a', 'p').read()).statusCode).toBe(404);
    expect(await statusOf(missing.items.query('SELECT * FROM c').fetchAll())).toBe(404);
  });

  it('forget their items when they are deleted', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    await container.delete();
    await container.database.containers.create({ id: 'items', partitionKey: '/pk' });
    expect((await container.items.query('SELECT * FROM c').fetchAll()).resources).toEqual([]);
  });

  it('without a partition key are refused with 400', async () => {
    const { database } = await newContainer(account);
    expect(
      await statusOf(database.containers.create({ id: randomUUID(), partitionKey: { paths: [] } })),
    ).toBe(400);
  });

  it('let a unique key value occur once per logical partition: 409', async () => {
    const container = await newContainer(account, {
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/name'] }] },
    });
    const create = (id: string, pk: string, name?: string) =>
      statusOf(container.items.create({ id, pk, ...(name && { name }) }));
    expect([await create('a', 'p', 'x'), await create('b', 'p', 'x'), await create('b', 'q', 'x')]).toEqual([
      0, 409, 0,
    ]);
    expect([await create('c', 'p'), await create('d', 'p')]).toEqual([0, 409]);
    await container.item('a', 'p').replace({ id: 'a', pk: 'p', name: 'y' });
    expect(await create('e', 'p', 'x')).toBe(0);
    await container.item('e', 'p').delete();
    expect(await create('f', 'p', 'x')).toBe(0);
  });
});

// https://learn.microsoft.com/azure/cosmos-db/hierarchical-partition-keys
describe('a hierarchical partition key', () => {
  it('is used whole for items and by prefix for queries', async () => {
    const container = await newContainer(account, {
      partitionKey: { paths: ['/tenant', '/user'], kind: PartitionKeyKind.MultiHash, version: 2 },
    });
    for (const [tenant, user] of [
      ['t', 'u'],
      ['t', 'v'],
      ['t2', 'u'],
    ])
      await container.items.create({ id: 'a', tenant, user });
    expect((await container.item('a', ['t', 'v']).read()).resource).toMatchObject({ user: 'v' });
    const users = async (partitionKey: string[]) =>
      (await container.items.query('SELECT VALUE c.user FROM c', { partitionKey }).fetchAll()).resources;
    expect(await users(['t'])).toEqual(['u', 'v']);
    expect(await users(['t', 'v'])).toEqual(['v']);
    expect(await statusOf(container.item('a', ['t']).delete())).toBe(400);
  });
});
