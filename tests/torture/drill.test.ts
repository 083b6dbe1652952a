import { afterAll, beforeAll, expect, it } from 'vitest';
import * as sample from '#local/samples/sample-data.ts';
import { type StandingFleet, startFleet } from '../support/standing-fleet.ts';

const machineCount = 100;
let fleet: StandingFleet;

beforeAll(async () => {
  fleet = await startFleet({ machines: machineCount, clock: 'manual' });
});
afterAll(() => fleet?.stop());

interface Summary {
  seconds: number;
  renewals: number[];
}

it('replaces the certificates of a hundred machines, each once', async () => {
  const [administrator] = sample.accounts;
  const args = [administrator?.userPrincipalName ?? '', 'manual'];
  const summary = (await fleet.run('drill.mjs', args)) as Summary;
  process.stderr.write(`drill: ${machineCount} machines in ${summary.seconds} s\n`);
  expect(summary).toMatchObject({
    total: machineCount,
    status: 'succeeded',
    replaced: machineCount,
    allServed: true,
  });
  expect(new Set(summary.renewals)).toEqual(new Set([1]));
});
