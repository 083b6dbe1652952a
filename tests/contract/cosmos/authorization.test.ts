import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount, statusOf, type TokenOptions } from './account.ts';
import { rest } from './rest.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount({ mayUse: ({ oid }) => oid !== undefined });
});
afterAll(() => account.close());

// https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources
describe('a master key', () => {
  it('that is wrong is refused with 401', async () => {
    const key = Buffer.from('another key').toString('base64');
    expect(await statusOf(account.client({ key }).getDatabaseAccount())).toBe(401);
  });

  it('signs one resource: its signature for another is refused with 401', async () => {
    const { database } = await newContainer(account);
    const path = `/dbs/${database.id}`;
    expect((await rest(account, 'GET', path)).status).toBe(200);
    expect((await rest(account, 'GET', path, { signedLink: 'dbs/other' })).status).toBe(401);
  });

  it('is needed: a request without the authorization header is refused with 401', async () => {
    const answer = await rest(account, 'GET', '/dbs', { headers: { authorization: '' } });
    expect(answer).toMatchObject({ status: 401, body: { code: 'Unauthorized' } });
  });

  it.each(['type=resource&ver=1.0&sig=x', 'Bearer x', 'type=master&ver=1.0&sig=%', '%%%'])(
    'is not replaced by %j: 401',
    async (authorization) => {
      const answer = await rest(account, 'GET', '/dbs', { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, body: { code: 'Unauthorized' } });
    },
  );
});

// https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-connect-role-based-access-control
describe('an Entra token', () => {
  const read = async (token: TokenOptions) => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    const { client, scopes } = account.tokenClient(token);
    const item = client.database(container.database.id).container('items').item('a', 'p');
    return {
      status: (await item.read().catch((error: { code: number }) => ({ statusCode: error.code }))).statusCode,
      scopes,
    };
  };

  it('for the account is accepted: the client asks for the scope <endpoint>/.default', async () => {
    expect(await read({})).toEqual({ status: 200, scopes: [`${account.endpoint}/.default`] });
  });

  it('for https://cosmos.azure.com is accepted: the scope asked for when Entra does not know the account', async () => {
    const { status, scopes } = await read({ knowsAccount: false });
    expect([status, scopes.at(-1)]).toEqual([200, 'https://cosmos.azure.com/.default']);
  });

  it.each([
    ['that has expired', { expiresInSeconds: -1 }],
    ['for another resource', { audience: 'https://vault.azure.net' }],
    ['signed by a stranger', { signedByStranger: true }],
  ])('%s is refused with 401', async (_, token) => {
    expect((await read(token)).status).toBe(401);
  });

  it('is refused with 401 once it expires, also when it was accepted before', async () => {
    const container = await newContainer(account);
    await container.items.create({ id: 'a', pk: 'p' });
    const { client } = account.tokenClient({ expiresInSeconds: 60 });
    const item = client.database(container.database.id).container('items').item('a', 'p');
    expect(await statusOf(item.read())).toBe(0);
    account.clock.advance(61_000);
    expect(await statusOf(item.read())).toBe(401);
  });

  it('reads metadata but is refused with 403 for databases and containers, which are managed through ARM', async () => {
    const container = await newContainer(account);
    const database = account.tokenClient({}).client.database(container.database.id);
    expect(await statusOf(database.container('items').read())).toBe(0);
    await expect(database.containers.create({ id: 'more', partitionKey: '/pk' })).rejects.toMatchObject({
      code: 403,
      substatus: 5300,
    });
    expect(await statusOf(database.delete())).toBe(403);
  });

  it('of a principal without a data-plane role is refused with 403', async () => {
    const strict = await openAccount({ mayUse: () => false });
    expect(await statusOf(strict.tokenClient({}).client.databases.readAll().fetchAll())).toBe(403);
    await strict.close();
  });
});
