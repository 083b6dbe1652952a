import { createApiClient } from '#local/main-job/api-client.ts';
import { createReporter, type Reporter } from '#local/main-job/reporter.ts';
import { signIn } from '#local/main-job/sign-in.ts';
import { startSystem } from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import { build } from '#tools/build.ts';
import { measureConnect } from './connect.ts';
import { type LoadResult, measureLoad } from './load.ts';
import { milliseconds, type Summary } from './statistics.ts';
import { openTemporaryData } from './temporary-data.ts';

const connects = 200;
const warmUps = 10;

interface WholeSystemResult {
  /** Milliseconds of the three steps, on one machine. */
  install: number;
  connect: Summary;
  load: LoadResult;
}

/** Install, connect and load on the whole system of this computer. */
async function measureWholeSystem(report: Reporter): Promise<WholeSystemResult> {
  await build();
  const { data, remove } = await openTemporaryData();
  const system = await startSystem(data, undefined, report);
  try {
    const [account] = sample.accounts;
    const [machine] = system.machines;
    if (!account || !machine) throw new Error('there are no samples');
    const token = await signIn(system.connection.entra.origin, account.userPrincipalName);
    const client = createApiClient(system.connection.api, token);
    const { id } = await client.addMachine(machine.resourceId);

    const began = performance.now();
    const installed = await client.follow(await client.install(id, machine.port), () => {});
    if (installed.error) throw new Error(installed.error.detail);
    const install = performance.now() - began;

    await measureConnect(client, id, warmUps);
    const connect = await measureConnect(client, id, connects);
    return { install, connect, load: measureLoad(system.connection.appSettings) };
  } finally {
    await system.stop();
    remove();
  }
}

const line = ({ count, p50, p90, p99, max }: Summary) =>
  `p50 ${milliseconds(p50)}, p90 ${milliseconds(p90)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} over ${count}`;

const report = createReporter({
  json: process.argv.includes('--json'),
  write: (text) => console.log(text),
  colours: process.stdout.isTTY,
});
const { install, connect, load } = await measureWholeSystem(report);
report.table('The whole system on this computer', [
  ['install, three steps', milliseconds(install)],
  ['connect request', line(connect)],
  ['load of the built app', line(load.built)],
  ['load of its sources', line(load.unbundled)],
  ['built over sources', load.ratio.toFixed(2)],
]);
process.exit(0);
