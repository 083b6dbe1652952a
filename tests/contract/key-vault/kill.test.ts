import { expect, it } from 'vitest';
import { killRepeatedly } from './killed-vault.ts';

it('has everything that it acknowledged after it was killed five times while it was written to', async () => {
  const seed = Date.now() % 100_000;
  const { writes, found } = await killRepeatedly(5, seed);
  expect({ seed, found }).toEqual({ seed, found: [] });
  expect(writes).toBeGreaterThan(0);
});
