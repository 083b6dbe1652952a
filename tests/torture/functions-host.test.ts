import { expect, it } from 'vitest';
import { killUnderLoad } from '../contract/functions-host/kill-under-load.ts';

const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);

it(`fifty kills of the functions host under load lose nothing acknowledged, double nothing and leave nothing by half (seed ${seed})`, async () => {
  const { acknowledged, faults } = await killUnderLoad(50, seed);
  console.log(`functions host: 50 kills, seed ${seed}, ${acknowledged} acknowledged`);
  expect(faults, `KILL_SEED=${seed}`).toEqual([]);
  expect(acknowledged).toBeGreaterThan(50);
});
