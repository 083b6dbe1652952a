import { expect, it } from 'vitest';
import { killRepeatedly } from '../contract/service-bus/killed-namespace.ts';

it('a namespace has everything that it acknowledged after each of fifty kills', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  const { acknowledged, found } = await killRepeatedly(50, seed);
  process.stdout.write(
    `service-bus: 50 kills with SEED=${seed}, ${acknowledged} acknowledged, ${found.length} complaints\n`,
  );
  expect({ seed, found }).toEqual({ seed, found: [] });
});
