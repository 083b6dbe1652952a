import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileRequests, isAnswer } from './hostile-requests.ts';
import { type RunningVault, startVault } from './running-vault.ts';

let running: RunningVault;
let token: string;

beforeAll(async () => {
  running = await startVault();
  token = await running.mintToken();
});
afterAll(() => running.stop());

describe('a request of any form', () => {
  it('is answered or refused in the shape of the service, and never breaks it', async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(hostileRequests, async ({ method, path, body }) => {
        const response = await fetch(`${running.vaultUrl}${path}?api-version=7.5`, {
          method,
          headers: { authorization: `Bearer ${token}` },
          ...(method !== 'GET' && { body }),
        });
        const text = await response.text();
        seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
        return isAnswer(response.status, text) && !text.includes('PRIVATE KEY');
      }),
      { numRuns: 1000, seed: 4 },
    );
    // The requests went deep enough to make things, and were not all refused at the door.
    expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 404, 501]));
  });

  it('is refused before it is read to the end when it is too large', async () => {
    const response = await fetch(`${running.vaultUrl}/secrets/large?api-version=7.5`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ value: 'x'.repeat(1024 * 1024) }),
    });
    expect(response.status).toBe(413);
  });
});
