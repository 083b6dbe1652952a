import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount } from './account.ts';
import { hostileRequest } from './hostile-requests.ts';
import { rest } from './rest.ts';

let account: Account;
let items: string;
beforeAll(async () => {
  account = await openAccount();
  const { database } = await newContainer(account);
  items = `/dbs/${database.id}/colls/items/docs`;
});
afterAll(() => account.close());

describe('a request that nobody would send', () => {
  it('is answered, and never with 500', async () => {
    const property = fc.asyncProperty(hostileRequest, async ({ method, suffix, headers, body }) => {
      const options = { headers, ...(method.startsWith('P') && { body }) };
      const { status } = await rest(account, method, items + encodeURI(decodeURI(suffix)), options);
      expect(status).not.toBe(500);
      expect(status).toBeGreaterThanOrEqual(200);
    });
    await fc.assert(property, { numRuns: 1_000, seed: 4 });
  });

  it('leaves no trace in the prototype of objects', () => {
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});
