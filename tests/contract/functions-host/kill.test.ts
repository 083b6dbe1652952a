import { expect, it } from 'vitest';
import { killUnderLoad } from './kill-under-load.ts';

const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);

it(`five kills under load lose nothing acknowledged, double nothing and leave nothing by half (seed ${seed})`, async () => {
  const { acknowledged, faults } = await killUnderLoad(5, seed);
  console.log(`functions host: 5 kills, seed ${seed}, ${acknowledged} acknowledged`);
  expect(faults, `KILL_SEED=${seed}`).toEqual([]);
  expect(acknowledged).toBeGreaterThan(5);
}, 120_000);
