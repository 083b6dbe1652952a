import { expect, it } from 'vitest';
import { runHostileRequests } from '../contract/resource-manager/hostile-run.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
const numRuns = 100_000;

it('a resource manager answers or refuses a hundred thousand requests of any form, in its own words', async () => {
  const seen = await runHostileRequests(numRuns, seed);
  const statuses = Object.fromEntries([...seen].sort(([a], [b]) => a - b));
  process.stdout.write(`resource manager: ${numRuns} requests, SEED=${seed}: ${JSON.stringify(statuses)}\n`);
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining([200, 201, 202, 204, 400, 404, 405, 409, 412, 501]),
  );
});
