import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount } from './account.ts';
import { rest } from './rest.ts';

let account: Account;
let items: string;
beforeAll(async () => {
  account = await openAccount();
  const { database } = await newContainer(account);
  items = `/dbs/${database.id}/colls/items/docs`;
});
afterAll(() => account.close());

const flag = fc.constantFrom('True', 'false', 'x');
const headers = fc.record(
  {
    'x-ms-documentdb-partitionkey': fc.constantFrom('["p"]', '[]', '[{}]', '["p","q"]', '[[1]]', '{', '"p"'),
    'x-ms-documentdb-isquery': flag,
    'x-ms-documentdb-is-upsert': flag,
    'x-ms-cosmos-is-batch-request': flag,
    'x-ms-cosmos-batch-atomic': flag,
    'x-ms-cosmos-is-query-plan-request': flag,
    'x-ms-documentdb-query-enablecrosspartition': flag,
    'x-ms-max-item-count': fc.constantFrom('-1', '0', '2', '1e99', 'x'),
    'x-ms-continuation': fc.oneof(fc.base64String(), fc.constant('%%%')),
    'x-ms-session-token': fc.constantFrom('0:-1#0', '0:-1#99999999999999999999', 'x'),
    'if-match': fc.constantFrom('*', '"x"', ''),
    'a-im': fc.constantFrom('Incremental feed', 'x'),
    'if-none-match': fc.constantFrom('*', '"0"', '"-1"', 'x'),
    'if-modified-since': fc.constantFrom('x', 'Thu, 01 Jan 1970 00:00:00 GMT'),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '{"id":"a","pk":"p"}',
    '{"query":"SELECT * FROM c ORDER BY c.id"}',
    '{"query":"SELECT VALUE [c.__proto__, c.a.b] FROM c","parameters":[{"name":"@a"}]}',
    '[{"operationType":"Create","resourceBody":{"id":"a","pk":"p"}},{"operationType":"Patch","id":"a","resourceBody":[]}]',
    '{"condition":"from","operations":[{"op":"set","path":"/__proto__/x","value":1}]}',
    '[{"op":"add","path":"/list/-","value":{}},{"op":"move","from":"/a","path":"/a/b"}]',
  ),
);
const suffix = fc.constantFrom('', '/a', '/%00', '/..%2f', '/a/attachments', '/ü');

describe('a request that nobody would send', () => {
  it('is answered, and never with 500', async () => {
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');
    const property = fc.asyncProperty(method, suffix, headers, body, async (verb, end, sent, content) => {
      const options = { headers: sent, ...(verb.startsWith('P') && { body: content }) };
      const { status } = await rest(account, verb, items + encodeURI(decodeURI(end)), options);
      expect(status).not.toBe(500);
      expect(status).toBeGreaterThanOrEqual(200);
    });
    await fc.assert(property, { numRuns: 400 });
  });

  it('leaves no trace in the prototype of objects', () => {
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});
