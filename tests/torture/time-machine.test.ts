import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandingFleet, startFleet } from '../support/standing-fleet.ts';

const machineCount = Number(process.env['TIME_MACHINE_MACHINES'] ?? 20);
const dayCount = Number(process.env['TIME_MACHINE_DAYS'] ?? 90);
/** No new day begins after this. */
const budgetMs = Number(process.env['TIME_MACHINE_SECONDS'] ?? 300) * 1000;
const hourMs = 3_600_000;

interface Summary {
  days: number;
  machines: number;
  seconds: number;
  renewals: number[];
  allServed: boolean;
}

/**
 * The built app on the embedded host, every stand-in, certificates of 160 hours. The agents are simulated: their
 * reports are signed and go over the bus, but nothing handshakes, because OpenSSL knows real time only.
 */
describe('90 days of a fleet with certificates of six days', () => {
  let fleet: StandingFleet;

  beforeAll(async () => {
    fleet = await startFleet({
      machines: machineCount,
      clock: 'manual',
      profiles: { shortlived: { description: '160 hours', lifetimeMs: 160 * hourMs } },
    });
  });
  afterAll(() => fleet?.stop());

  it('requirement 67: renews each in time, and every new one is served', async () => {
    const summary = (await fleet.run('main.mjs', [String(dayCount), String(budgetMs)], (line) =>
      process.stderr.write(`${line}\n`),
    )) as Summary;
    expect(summary).toMatchObject({ days: dayCount, machines: machineCount, allServed: true });
    // Due at two thirds of 160 hours at the latest, and looked at once a day: every fifth day at least.
    expect(Math.min(...summary.renewals)).toBeGreaterThanOrEqual(Math.floor(dayCount / 5));
  });
});
