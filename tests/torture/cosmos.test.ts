import { expect, it } from 'vitest';
import { killRepeatedly } from '../contract/cosmos/killed-account.ts';

it('an account has everything that it acknowledged after each of fifty kills', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  const { writes, found } = await killRepeatedly(50, seed);
  process.stdout.write(
    `cosmos: 50 kills with SEED=${seed}, ${writes} acknowledged writes, ${found.length} complaints\n`,
  );
  expect({ seed, found }).toEqual({ seed, found: [] });
});
