import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  createHostileJws,
  createHostilePayloads,
  createHostileSigningRequests,
} from '../contract/certificate-authority/hostile-requests.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
const numRuns = 100_000;

/** Runs the inputs, says what became of them and answers the kinds of outcome. */
async function count<T>(
  what: string,
  inputs: fc.Arbitrary<T>,
  outcomeOf: (input: T) => Promise<string>,
): Promise<string[]> {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      const outcome = await outcomeOf(input);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }),
    { numRuns, seed },
  );
  process.stdout.write(
    `acme: ${numRuns} ${what}, SEED=${seed}: ${JSON.stringify(Object.fromEntries(seen))}\n`,
  );
  return [...seen.keys()];
}

it('the certificate authority verifies or refuses a hundred thousand bodies', async () => {
  const { bodies, outcomeOf } = await createHostileJws();
  const outcomes = await count('JWS bodies', bodies, outcomeOf);
  expect(outcomes).toEqual(
    expect.arrayContaining([
      'accepted',
      'malformed',
      'badNonce',
      'badPublicKey',
      'badSignatureAlgorithm',
      'unauthorized',
    ]),
  );
});

it('the certificate authority takes or refuses a hundred thousand requests for a certificate', async () => {
  const { requests, outcomeOf } = await createHostileSigningRequests();
  const outcomes = await count('PKCS#10 requests', requests, outcomeOf);
  expect(outcomes.toSorted()).toEqual(['accepted', 'badCSR']);
});

it('the certificate authority answers or refuses a hundred thousand payloads', async () => {
  const { calls, outcomeOf } = await createHostilePayloads();
  const outcomes = await count('payloads', calls, outcomeOf);
  expect(outcomes).toEqual(
    expect.arrayContaining(['accepted', 'malformed', 'rejectedIdentifier', 'unsupportedIdentifier']),
  );
});
