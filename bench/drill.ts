import * as sample from '#local/samples/sample-data.ts';
import { build } from '#tools/build.ts';
import { startFleet } from '../tests/support/standing-fleet.ts';

interface DrillRun {
  machines: number;
  status: string;
  replaced: number;
  seconds: number;
  createdAt: string;
  endedAt: string;
  estimates: { replaced: number; estimatedEnd: string | null; seconds: number }[];
}

/**
 * Replaces the certificates of a whole fleet over the real wires, at real time: the sweep of each minute starts 200.
 * The agents are simulated by one program: they report what is issued as served within a fraction of a second.
 */
async function measureDrill(machines: number): Promise<DrillRun> {
  await build();
  const fleet = await startFleet({ machines, clock: 'system' });
  try {
    const [administrator] = sample.accounts;
    const args = [administrator?.userPrincipalName ?? '', 'system'];
    return (await fleet.run('drill.mjs', args, (line) => {
      if (!line.includes('"machines"')) console.error(line);
    })) as DrillRun;
  } finally {
    await fleet.stop();
  }
}

const asked = process.argv.find((text) => text.startsWith('--count='));
const run = await measureDrill(Number(asked?.slice('--count='.length) ?? 500));
const { machines, status, replaced, seconds, createdAt, endedAt, estimates } = run;
const secondsUntil = (at: string) => (Date.parse(at) - Date.parse(createdAt)) / 1000;
/** The estimate at the first progress and at half of the way, beside what it came to: seconds from the start. */
const estimateAt = (part: number) => {
  const found = estimates.find((one) => one.replaced >= part * machines && one.estimatedEnd !== null);
  return found?.estimatedEnd ? Number(secondsUntil(found.estimatedEnd).toFixed(1)) : null;
};
const drill = {
  machines,
  status,
  replaced,
  seconds,
  perSecond: Number((replaced / seconds).toFixed(2)),
  estimatedSeconds: { first: estimateAt(1 / machines), half: estimateAt(0.5), real: secondsUntil(endedAt) },
};
console.log(JSON.stringify({ drill }, undefined, process.argv.includes('--json') ? 0 : 2));
process.exit(0);
