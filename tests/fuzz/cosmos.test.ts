import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, newContainer, openAccount } from '../contract/cosmos/account.ts';
import { hostileRequest } from '../contract/cosmos/hostile-requests.ts';
import { rest } from '../contract/cosmos/rest.ts';
import { hostileQuery, outcome } from '../unit/cosmos/hostile-queries.ts';

const numRuns = 100_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);

describe(`cosmos with SEED=${seed}`, () => {
  let account: Account;
  let items: string;
  beforeAll(async () => {
    account = await openAccount();
    const { database } = await newContainer(account);
    items = `/dbs/${database.id}/colls/items/docs`;
  });
  afterAll(() => account.close());

  it(`answers ${numRuns} query texts or refuses them with its own error`, () => {
    const counts = { answer: 0, SqlError: 0 };
    const property = fc.property(hostileQuery, (text) => {
      counts[outcome(text)] += 1;
    });
    fc.assert(property, { numRuns, seed });
    process.stdout.write(`cosmos SQL: SEED=${seed}, ${counts.answer} answered, ${counts.SqlError} refused\n`);
    expect(counts.answer + counts.SqlError).toBe(numRuns);
  });

  it(`answers ${numRuns} requests, and none with 500`, async () => {
    const statuses = new Map<number, number>();
    const property = fc.asyncProperty(hostileRequest, async ({ method, suffix, headers, body }) => {
      const options = { headers, ...(method.startsWith('P') && { body }) };
      const { status } = await rest(account, method, items + encodeURI(decodeURI(suffix)), options);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 500 || status < 200) throw new Error(`${method} ${suffix} was answered with ${status}`);
    });
    await fc.assert(property, { numRuns, seed });
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    process.stdout.write(`cosmos HTTP: SEED=${seed}, ${counts.join(', ')}\n`);
    expect(statuses.get(500)).toBeUndefined();
  });
});
