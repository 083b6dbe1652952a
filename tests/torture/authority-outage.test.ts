import { afterEach, describe, expect, it } from 'vitest';
import { type StandingFleet, startFleet } from '../support/standing-fleet.ts';

const dayMs = 86_400_000;
/** Of each lifetime one at every age. */
const machineCount = 14;
const outageDays = 14;
/** A closed authority is asked by one of those who wait, at last every six hours, and not by all: one call an hour is plenty. */
const mostCallsInOutage = 24 * outageDays;

interface Summary {
  machines: number;
  seconds: number;
  waiting: number;
  renewedInOutage: number;
  renewedOnFirstDay: number;
  renewals: number[];
  callsInOutage: number;
  ordersOnFirstDay: number;
  orders: number;
  allServed: boolean;
  failures: number;
}

/** Over the real wires under the manual clock. The program ends with an error when a served certificate has ended. */
describe('two weeks without the certificate authority', () => {
  let fleet: StandingFleet;
  afterEach(() => fleet?.stop());

  async function run(lifetimes: string, tailDays: number): Promise<Summary> {
    const args = [lifetimes, String(outageDays), String(tailDays)];
    const summary = (await fleet.run('outage.mjs', args)) as Summary;
    process.stderr.write(`${lifetimes} days: ${JSON.stringify(summary)}\n`);
    return summary;
  }

  it('let no certificate of 45 or 90 days end, and no storm comes after them', async () => {
    const tlsserver = { description: '45 days', lifetimeMs: 45 * dayMs };
    fleet = await startFleet({ machines: machineCount, clock: 'manual', profiles: { tlsserver } });
    // The longest of those that are there are due after sixty days.
    const summary = await run('45,90', 47);
    expect(summary).toMatchObject({
      machines: machineCount,
      renewedInOutage: 0,
      allServed: true,
      failures: 0,
    });
    expect(summary.waiting).toBeGreaterThan(1);
    expect(Math.min(...summary.renewals)).toBeGreaterThanOrEqual(1);
    // Whatever waited has its turn at once. Each call counts, and of the good nonces 5 % are refused.
    expect(summary.renewedOnFirstDay).toBe(summary.waiting);
    expect(summary.ordersOnFirstDay).toBeLessThanOrEqual(2 * summary.waiting);
    const renewed = summary.renewals.reduce((sum, count) => sum + count, 0);
    expect(summary.orders).toBeLessThanOrEqual(1.5 * renewed);
    expect(summary.callsInOutage).toBeLessThan(mostCallsInOutage);
  });

  it('let no certificate of six days end where there is a second authority', async () => {
    const shortlived = { description: '160 hours', lifetimeMs: 160 * 3_600_000 };
    const machines = machineCount / 2;
    fleet = await startFleet({
      machines,
      clock: 'manual',
      profiles: { shortlived },
      hasSecond: true,
    });
    const summary = await run('6', 4);
    expect(summary).toMatchObject({ machines, waiting: 0, allServed: true, failures: 0 });
    expect(summary.renewedInOutage).toBeGreaterThanOrEqual(2 * machines);
    expect(Math.min(...summary.renewals)).toBeGreaterThanOrEqual(3);
    expect(summary.callsInOutage).toBeLessThan(mostCallsInOutage);
  });
});
