import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHostileJws, createHostilePayloads, createHostileSigningRequests } from './hostile-requests.ts';

/** The same inputs by the hundred thousand: `npm run fuzz`. */
const runs = { numRuns: 1000, seed: 4 };

describe('input of any form is taken or refused, never a failure', () => {
  it('as the body of a request', async () => {
    const { bodies, outcomeOf } = await createHostileJws();
    const seen = new Set<string>();
    const property = fc.asyncProperty(bodies, async (body) => void seen.add(await outcomeOf(body)));
    await fc.assert(property, runs);
    expect([...seen]).toEqual(expect.arrayContaining(['accepted', 'malformed', 'badSignatureAlgorithm']));
  });

  it('as a request for a certificate', async () => {
    const { requests, outcomeOf } = await createHostileSigningRequests();
    const seen = new Set<string>();
    const property = fc.asyncProperty(requests, async (der) => void seen.add(await outcomeOf(der)));
    await fc.assert(property, runs);
    expect([...seen].toSorted()).toEqual(['accepted', 'badCSR']);
  });

  it('as the payload at any resource', async () => {
    const { calls, outcomeOf } = await createHostilePayloads();
    const seen = new Set<string>();
    const property = fc.asyncProperty(calls, async (call) => void seen.add(await outcomeOf(call)));
    await fc.assert(property, runs);
    expect([...seen]).toEqual(expect.arrayContaining(['accepted', 'malformed']));
  });
});
