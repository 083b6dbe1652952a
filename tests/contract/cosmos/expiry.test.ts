import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf } from './account.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

// https://learn.microsoft.com/azure/cosmos-db/nosql/time-to-live
describe('time to live', () => {
  const idsAfter = async (seconds: number, defaultTtl: number | undefined) => {
    const container = await newContainer(account, { ...(defaultTtl !== undefined && { defaultTtl }) });
    await container.items.create({ id: 'default', pk: 'p' });
    await container.items.create({ id: 'short', pk: 'p', ttl: 10 });
    await container.items.create({ id: 'never', pk: 'p', ttl: -1 });
    account.clock.advance(seconds * 1000);
    const { resources } = await container.items
      .query('SELECT VALUE c.id FROM c', { partitionKey: 'p' })
      .fetchAll();
    return resources;
  };

  it('of the container applies unless the item says otherwise, to the second', async () => {
    expect(await idsAfter(9, 30)).toEqual(['default', 'short', 'never']);
    expect(await idsAfter(10, 30)).toEqual(['default', 'never']);
    expect(await idsAfter(31, 30)).toEqual(['never']);
  });

  it('of -1 on the container leaves items for ever unless they say otherwise', async () => {
    expect(await idsAfter(1_000_000, -1)).toEqual(['default', 'never']);
  });

  it('of an item is ignored where the container has none', async () => {
    expect(await idsAfter(1_000_000, undefined)).toEqual(['default', 'short', 'never']);
  });

  it('begins anew with each write, and an expired item is 404 and may be created again', async () => {
    const container = await newContainer(account, { defaultTtl: 10 });
    await container.items.create({ id: 'a', pk: 'p' });
    account.clock.advance(8_000);
    await container.item('a', 'p').replace({ id: 'a', pk: 'p' });
    account.clock.advance(8_000);
    expect((await container.item('a', 'p').read()).statusCode).toBe(200);
    account.clock.advance(2_000);
    expect((await container.item('a', 'p').read()).statusCode).toBe(404);
    expect(await statusOf(container.item('a', 'p').delete())).toBe(404);
    expect((await container.items.create({ id: 'a', pk: 'p' })).statusCode).toBe(201);
  });

  it('that is changed on the container applies to items that exist', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    account.clock.advance(100_000);
    await container.replace({ id: 'items', partitionKey: { paths: ['/pk'] }, defaultTtl: 50 });
    expect((await container.item('a', 'p').read()).statusCode).toBe(404);
  });
});

describe('an account whose process ends without a goodbye', () => {
  it('has everything that it had acknowledged when the same file is opened again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cosmos-'));
    const file = join(folder, 'cosmos.sqlite');
    const before = await openAccount({ file });
    const container = await newContainer(before, { uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/n'] }] } });
    const created = await Promise.all(
      Array.from({ length: 20 }, (_, n) => container.items.create({ id: `i${n}`, pk: 'p', n })),
    );
    // The first connection stays open, as if its process had been killed: nothing is flushed or checkpointed.
    const after = await openAccount({ file });
    const same = after.client().database(container.database.id).container('items');
    const { resources } = await same.items.query('SELECT * FROM c', { partitionKey: 'p' }).fetchAll();
    expect(resources).toEqual(created.map(({ resource }) => resource));
    expect(await statusOf(same.items.create({ id: 'new', pk: 'p', n: 3 }))).toBe(409);
    expect((await same.items.create({ id: 'new', pk: 'p', n: 99 })).headers['x-ms-session-token']).toBe(
      '0:-1#21',
    );
    await after.close();
    await before.close();
    rmSync(folder, { recursive: true });
  });
});
