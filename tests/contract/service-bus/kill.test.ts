import { expect, it } from 'vitest';
import { killRepeatedly } from './killed-namespace.ts';

it('a namespace has everything that it acknowledged after each of five kills, nothing twice and no half batch', {
  timeout: 90_000,
}, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  const { acknowledged, found } = await killRepeatedly(5, seed);
  process.stdout.write(`service-bus: 5 kills with SEED=${seed}, ${acknowledged} acknowledged\n`);
  expect({ seed, found }).toEqual({ seed, found: [] });
  expect(acknowledged).toBeGreaterThan(50);
});
