import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPkcs12, writePkcs12 } from '#local/key-vault/pkcs12.ts';
import { createRequestHandler } from '#local/key-vault/request-handler.ts';
import { createVaultContext } from '#local/key-vault/vault-context.ts';
import { errorReply } from '#local/key-vault/vault-error.ts';
import { createCalls } from '#local/kit/calls.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { createFaults } from '#local/kit/faults.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { openStore } from '#local/kit/store.ts';
import { hostileRequests, isAnswer } from '../contract/key-vault/hostile-requests.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
const numRuns = 100_000;

/** A vault without a network. */
const newHandler = () =>
  createRequestHandler({
    context: createVaultContext({
      store: openStore(':memory:'),
      clock: createManualClock(Date.now()),
      faults: createFaults(),
      calls: createCalls(),
      issuanceDelayMs: 0,
    }),
    verifyToken: () => Promise.resolve({}),
    authority: 'https://login.localhost/tenant',
    vaults: ['local'],
  });

it('a vault answers or refuses a hundred thousand requests of any form, and keeps its keys', async () => {
  let handle = newHandler();
  let requests = 0;
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(hostileRequests, async ({ method, path, body }) => {
      const request = {
        method,
        url: new URL(`https://local.vault.localhost${path}?api-version=7.5`),
        headers: { authorization: 'Bearer any' },
        body: Buffer.from(method === 'GET' ? '' : body),
      };
      // The few names are soon all taken; an empty vault lets requests go deep again.
      requests += 1;
      if (requests % 1000 === 0) handle = newHandler();
      const reply: HttpReply = await handle(request).catch(errorReply);
      seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
      const text = JSON.stringify(reply.body ?? {});
      return isAnswer(reply.status, text) && !text.includes('PRIVATE KEY');
    }),
    { numRuns, seed },
  );
  process.stdout.write(
    `key vault: ${numRuns} requests, SEED=${seed}: ${JSON.stringify(Object.fromEntries(seen))}\n`,
  );
  expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 202, 204, 400, 403, 404, 409, 501]));
});

it('a PKCS#12 file with bytes changed is read or refused, in bounded time', () => {
  const runs = 20_000;
  const chain = [Buffer.from('3003020101', 'hex')];
  const file = writePkcs12(undefined, chain);
  let refused = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const broken = Buffer.from(file);
        for (const [at, value] of changes) broken[at] = value;
        try {
          readPkcs12(broken, '');
        } catch {
          refused += 1;
        }
      },
    ),
    { numRuns: runs, seed },
  );
  expect(refused).toBe(runs);
});
