import { expect, it } from 'vitest';
import { killRepeatedly } from './killed-entra.ts';

it('has every code, refresh token and application that it acknowledged after it was killed five times', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  const { writes, found } = await killRepeatedly(5, seed);
  process.stdout.write(`entra: 5 kills with SEED=${seed}, acknowledged ${JSON.stringify(writes)}\n`);
  expect({ seed, found }).toEqual({ seed, found: [] });
  expect(Math.min(...Object.values(writes))).toBeGreaterThan(0);
});
