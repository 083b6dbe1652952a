import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf } from './account.ts';
import { rest } from './rest.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

// https://learn.microsoft.com/rest/api/cosmos-db/documents
describe('items', () => {
  it('are created with the system properties _rid, _self, _etag and _ts and an etag header', async () => {
    const container = await newContainer(account);
    const { resource, statusCode, headers } = await container.items.create({ id: 'a', pk: 'p', n: 1 });
    expect(statusCode).toBe(201);
    expect(resource).toMatchObject({ id: 'a', pk: 'p', n: 1, _ts: Math.floor(account.clock.now() / 1000) });
    expect(headers['etag']).toBe(resource?._etag);
    expect(Buffer.from(String(resource?._rid).replaceAll('-', '/'), 'base64')).toHaveLength(16);
    expect(resource?._self).toMatch(/^dbs\/.+\/colls\/.+\/docs\/.+\/$/);
  });

  it('are read by id and partition key; one that is missing is 404', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p', text: 'ünï/ "q"' });
    expect((await container.item('a', 'p').read()).resource).toMatchObject({ text: 'ünï/ "q"' });
    expect((await container.item('a', 'other').read()).statusCode).toBe(404);
    expect((await container.item('b', 'p').read()).statusCode).toBe(404);
  });

  it('conflict with 409 when the id exists in the same partition, and not in another', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    expect(await statusOf(container.items.create({ id: 'a', pk: 'p' }))).toBe(409);
    expect(await statusOf(container.items.create({ id: 'a', pk: 'q' }))).toBe(0);
  });

  it('are answered with 304 when If-None-Match has their ETag', async () => {
    const container = await newContainer(account);
    const { resource } = await container.items.create({ id: 'a', pk: 'p' });
    const condition = String(resource?._etag);
    const read = (value: string) =>
      container.item('a', 'p').read({ accessCondition: { type: 'IfNoneMatch', condition: value } });
    expect((await read(condition)).statusCode).toBe(304);
    expect((await read('"other"')).statusCode).toBe(200);
  });

  it.each(['replace', 'delete', 'upsert', 'patch'] as const)(
    'refuse to %s with 412 when If-Match is not their ETag',
    async (verb) => {
      const container = await newContainer(account);
      const { resource } = await container.items.create({ id: 'a', pk: 'p', n: 1 });
      const act = (condition: string) => {
        const options = { accessCondition: { type: 'IfMatch', condition } };
        const item = container.item('a', 'p');
        if (verb === 'replace') return item.replace({ id: 'a', pk: 'p' }, options);
        if (verb === 'delete') return item.delete(options);
        if (verb === 'upsert') return container.items.upsert({ id: 'a', pk: 'p' }, options);
        return item.patch([{ op: 'incr', path: '/n', value: 1 }], options);
      };
      expect(await statusOf(act('"stale"'))).toBe(412);
      expect(await statusOf(act(String(resource?._etag)))).toBe(0);
    },
  );

  it('let exactly one of 50 racing If-Match updates win', async () => {
    const container = await newContainer(account);
    const { resource } = await container.items.create({ id: 'a', pk: 'p' });
    const accessCondition = { type: 'IfMatch', condition: String(resource?._etag) };
    const statuses = await Promise.all(
      Array.from({ length: 50 }, (_, writer) =>
        statusOf(container.item('a', 'p').replace({ id: 'a', pk: 'p', writer }, { accessCondition })),
      ),
    );
    expect(statuses.filter((status) => status === 0)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(49);
  });

  it('are created by upsert with 201 and replaced by it with 200, keeping their _rid', async () => {
    const container = await newContainer(account);
    const created = await container.items.upsert({ id: 'a', pk: 'p', n: 1 });
    const replaced = await container.items.upsert({ id: 'a', pk: 'p', n: 2 });
    expect([created.statusCode, replaced.statusCode]).toEqual([201, 200]);
    expect(replaced.resource).toMatchObject({ n: 2, _rid: created.resource?._rid });
    expect(replaced.etag).not.toBe(created.etag);
  });

  it('must carry the partition key of the header: 400 with substatus 1001 otherwise', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    await expect(container.item('a', 'p').replace({ id: 'a', pk: 'q' })).rejects.toMatchObject({
      code: 400,
      substatus: 1001,
    });
  });

  it.each([
    ['a slash in the id', '{"id":"a/b","pk":"p"}'],
    ['no id', '{"pk":"p"}'],
    ['a ttl of 0', '{"id":"a","pk":"p","ttl":0}'],
    ['a ttl that is text', '{"id":"a","pk":"p","ttl":"5"}'],
    ['an array', '[]'],
    ['text that is not JSON', '{"id":'],
    ['an object as partition key', '{"id":"a","pk":{"x":1}}'],
    ['more than 128 levels', `{"id":"a","pk":"p","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['an id of more than 1,023 bytes', `{"id":"${'ü'.repeat(512)}","pk":"p"}`],
  ])('are refused with 400 for %s', async (_, body) => {
    const { database } = await newContainer(account);
    const headers = { 'x-ms-documentdb-partitionkey': '["p"]' };
    const answer = await rest(account, 'POST', `/dbs/${database.id}/colls/items/docs`, { headers, body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'BadRequest' } });
  });

  it('of more than 2 MB are refused with 413', async () => {
    const container = await newContainer(account);
    const create = (size: number) =>
      statusOf(container.items.create({ id: 'a', pk: 'p', text: 'x'.repeat(size) }));
    expect(await create(2 * 1024 * 1024)).toBe(413);
    expect(await create(1024 * 1024)).toBe(0);
  });

  it('are deleted with 204 and are 404 after that', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    expect((await container.item('a', 'p').delete()).statusCode).toBe(204);
    expect(await statusOf(container.item('a', 'p').delete())).toBe(404);
  });

  it('may have a null partition key or none, which are two partitions', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: null, n: 1 });
    await container.items.create({ id: 'a', n: 2 });
    expect((await container.item('a', null).read()).resource).toMatchObject({ n: 1 });
    expect((await container.item('a', undefined).read()).resource).toMatchObject({ n: 2 });
  });

  it('are answered with a request charge, an activity id and a session token that grows', async () => {
    const container = await newContainer(account);
    const first = await container.items.create({ id: 'a', pk: 'p' });
    const second = await container.items.create({ id: 'b', pk: 'p' });
    expect(first.requestCharge).toBeGreaterThan(1);
    expect(first.activityId).toMatch(/^[0-9a-f-]{36}$/);
    expect([first, second].map(({ headers }) => headers['x-ms-session-token'])).toEqual(['0:-1#1', '0:-1#2']);
  });

  it('are not found, 1002, in a session that has seen more than the account has', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    const read = await container.item('a', 'p').read({ sessionToken: '0:-1#99' });
    expect([read.statusCode, read.substatus]).toEqual([404, 1002]);
  });
});
