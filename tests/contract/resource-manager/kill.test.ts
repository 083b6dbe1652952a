import { expect, it } from 'vitest';
import { killRepeatedly } from './killed-resource-manager.ts';

it('has everything that it acknowledged after it was killed five times while it was written to', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  const { writes, found } = await killRepeatedly(5, seed);
  process.stdout.write(`resource manager: 5 kills with SEED=${seed}, ${writes} acknowledged writes\n`);
  expect({ seed, found }).toEqual({ seed, found: [] });
  expect(writes).toBeGreaterThan(0);
});
