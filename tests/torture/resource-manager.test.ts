import { expect, it } from 'vitest';
import { killRepeatedly } from '../contract/resource-manager/killed-resource-manager.ts';

it('a resource manager has everything that it acknowledged after it was killed fifty times', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  const { writes, found } = await killRepeatedly(50, seed);
  process.stdout.write(
    `resource manager: 50 kills with SEED=${seed}, ${writes} acknowledged writes, ${found.length} complaints\n`,
  );
  expect({ seed, found }).toEqual({ seed, found: [] });
});
