import { setInterval } from 'node:timers';
import * as sample from '#local/samples/sample-data.ts';
import { build } from '#tools/build.ts';
import { startFleet } from '../tests/support/standing-fleet.ts';
import { cpuOfTree, residentOfTree } from './process-times.ts';

interface FleetRun {
  machines: number;
  status: string;
  counts: Record<string, number>;
  planMs: number;
  seconds: number;
  failures: object[];
}

const option = (name: string, otherwise: number): number => {
  const asked = process.argv.find((text) => text.startsWith(`--${name}=`));
  return Number(asked?.split('=')[1] ?? otherwise);
};
/** The zone of the twin takes as many as come: what is measured is us and not the pause that a real zone needs. */
const unpaced = { ADMIN_CENTER_DNS_RECORDS_PER_MINUTE: '1000000' };

/**
 * One install on many machines over the real wires: HTTP API, host, every stand-in. Extension hosts and agents are
 * simulated by one program that speaks their protocols, and whose own work is not counted.
 */
async function measureFleet(machines: number, concurrency: number) {
  await build();
  const fleet = await startFleet({ machines, clock: 'system', isBare: true, settings: unpaced });
  const standIns = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  let peak = 0;
  const memory = setInterval(() => {
    peak = Math.max(peak, residentOfTree(fleet.hostPid).withChildren);
  }, 500);
  try {
    const before = { host: cpuOfTree(fleet.hostPid), standIns: standIns() };
    const [administrator] = sample.accounts;
    const args = [administrator?.userPrincipalName ?? '', String(concurrency)];
    const run = (await fleet.run('install.mjs', args, (line) => {
      if (!line.includes('"machines"')) console.error(line);
    })) as FleetRun;
    const host = (cpuOfTree(fleet.hostPid) - before.host) / machines;
    const twin = (standIns() - before.standIns) / machines;
    return { run, cpu: { host, twin, all: host + twin }, peak };
  } finally {
    clearInterval(memory);
    await fleet.stop();
  }
}

const { run, cpu, peak } = await measureFleet(option('count', 500), option('concurrency', 20));
const rounded = (value: number) => Number(value.toFixed(1));
const fleet = {
  ...run,
  installsPerSecond: Number((run.machines / run.seconds).toFixed(2)),
  cpuMillisecondsPerInstall: {
    hostAndApp: rounded(cpu.host),
    standIns: rounded(cpu.twin),
    all: rounded(cpu.all),
  },
  hostMegabytes: Math.round(peak),
};
console.log(JSON.stringify({ fleet }, undefined, process.argv.includes('--json') ? 0 : 2));
process.exit(run.counts['succeeded'] === run.machines ? 0 : 1);
