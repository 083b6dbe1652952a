import { expect, it } from 'vitest';
import { killRepeatedly } from './killed-account.ts';

it('an account that is killed while it is written to has what it acknowledged: nothing twice, nothing half', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  process.stdout.write(`cosmos is killed five times with SEED=${seed}\n`);
  const { writes, found } = await killRepeatedly(5, seed);
  expect({ seed, found }).toEqual({ seed, found: [] });
  expect(writes).toBeGreaterThan(0);
});
