import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { parseArgs } from 'node:util';
import { build } from '#tools/build.ts';
import { openBrowser } from './browser/browser.ts';
import { trust, untrust } from './browser/trust.ts';
import { runMainJob } from './main-job/main-job.ts';
import { createReporter, type Reporter } from './main-job/reporter.ts';
import type { Connection } from './run/connection.ts';
import { type DataFolder, openDataFolder } from './run/data-folder.ts';
import { runFunc } from './run/func.ts';
import { showServices } from './run/service-lines.ts';
import { type ClockMode, type LocalSystem, startStandIns, startSystem } from './run/system.ts';
import * as sample from './samples/sample-data.ts';

const usage = `Usage: npm run <task> -- [options]

  npm start            the whole system on this computer, and the main job once
  npm run twin         the stand-ins of the Azure services alone, and connection.json
  npm run func         the same app on Core Tools' func start, with Azurite
  npm run browser      a throw-away browser profile that trusts the local CA
  npm run trust        add the local CA to your own trust store; npm run untrust removes it

Options
  --once               end after the main job: 0 when it succeeded, 1 with the failing hop
  --port N             port of the API and the portal (7071 when free)
  --data DIR           folder of all state (.admin-center)
  --fresh              delete that folder first
  --machines NAMES     which sample machines run: server-01,server-02 unless told; vm-01, cluster-01 (start)
  --json               one JSON object a line
  --clock manual       time runs on by itself and jumps by the management API (start, twin)
  --real-limits        rate limits of the certificate authority, request units of the database (twin)
  --help               this text`;

interface Options {
  task: string;
  once: boolean;
  json: boolean;
  fresh: boolean;
  data: string;
  port: number | undefined;
  clock: ClockMode;
  machines: readonly sample.SampleMachine[] | undefined;
  realLimits: boolean;
}

/** Throws with a sentence for the person who typed it. */
function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      data: { type: 'string', default: '.admin-center' },
      port: { type: 'string' },
      clock: { type: 'string', default: 'system' },
      machines: { type: 'string' },
      'real-limits': { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new Error('--port must be a whole number from 1 to 65535');
  }
  const { clock } = values;
  if (clock !== 'system' && clock !== 'manual') throw new Error('--clock is system or manual');
  const machines =
    values.machines === undefined ? undefined : sample.machinesNamed(values.machines.split(','));
  return {
    ...values,
    realLimits: values['real-limits'],
    port,
    clock,
    machines,
    task: positionals[0] ?? 'start',
  };
}

/** Clients in this process trust the local root too; checks stay on. */
function trustHere(data: DataFolder): void {
  setDefaultCACertificates([...getCACertificates('default'), data.root.cert]);
}

/** The token is in the fragment: it is in no request and no log, and the page takes it out of the address line. */
const statusPage = ({ management }: Connection) =>
  `${management.url}/#token=${encodeURIComponent(management.token)}`;

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

function summary(
  report: Reporter,
  system: LocalSystem,
  job: { url: string; expiresAt: string },
  data: DataFolder,
): void {
  const { connection } = system;
  report.table('Ready', [
    ['portal', `${connection.api}/portal/`],
    ['session', job.url],
    [
      '',
      `opens once, within a minute from now; the session ends at ${new Date(job.expiresAt).toLocaleTimeString()}`,
    ],
    ...sample.accounts.map(
      (account, index) =>
        [
          index === 0 ? 'accounts' : '',
          `${account.userPrincipalName}  ${account.description ?? ''}`,
        ] as const,
    ),
    ...system.machines.map(
      ({ name, port }, index) =>
        [
          index === 0 ? 'machines' : '',
          `${name}  its web application is on port ${port}${index === 0 ? ', installed' : ': install it in the portal with this port'}`,
        ] as const,
    ),
    ['browser', 'npm run browser opens one that trusts the local CA; npm run trust adds it to your own'],
    ['inside', statusPage(connection)],
    ['data', data.path],
    ['stop', 'Ctrl-C'],
  ]);
}

async function start(options: Options, data: DataFolder, report: Reporter): Promise<number> {
  report.section('Start');
  const began = performance.now();
  await build();
  report.step('the app, the proxy, the agent and the portal are built', (performance.now() - began) / 1000);
  const stopped = interrupted();
  const { machines } = options;
  const system = await startSystem(data, options.port, report, options.clock, { machines });
  system.onUnexpectedEnd((name, how) =>
    report.fail(`${name} ended with ${how}; its log is in ${data.file('logs')}`),
  );
  try {
    const [machine] = system.machines;
    const [administrator] = sample.accounts;
    if (!machine || !administrator) throw new Error('there are no samples');
    const job = runMainJob({
      api: system.connection.api,
      authority: system.connection.entra.origin,
      account: administrator.userPrincipalName,
      resourceId: machine.resourceId,
      port: machine.port,
      agentCertificates: machine.agentCertificates,
      report,
    });
    const result = await Promise.race([job, stopped.then(() => undefined)]);
    if (!result) return 130;
    summary(report, system, result, data);
    report.step('from start to the open session', report.elapsed());
    if (!options.once) await stopped;
    return 0;
  } catch (error) {
    report.fail(error instanceof Error ? error.message : String(error));
    report.note(`logs are in ${data.file('logs')}`);
    if (!options.once) await stopped;
    return 1;
  } finally {
    if (!options.once) report.note('stopping');
    await system.stop();
  }
}

async function twin(options: Options, data: DataFolder, report: Reporter): Promise<number> {
  const stopped = interrupted();
  const {
    twin: running,
    connection,
    stop,
  } = await startStandIns(data, options.port, report, options.clock, {
    realLimits: options.realLimits,
  });
  const services = showServices({
    standIns: running.standIns,
    json: options.json,
    isTerminal: process.stdout.isTTY,
    write: (text) => void process.stdout.write(text),
  });
  report.table('Twin', [
    ['connection', `${data.file('connection.json')} holds every address and credential`],
    ['status page', statusPage(connection)],
    ['stop', 'Ctrl-C'],
  ]);
  services.start();
  await stopped;
  services.stop();
  await stop();
  return 0;
}

async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (!options) {
    console.log(usage);
    return 0;
  }
  const report = createReporter({
    json: options.json,
    write: (line) => console.log(line),
    colours: process.stdout.isTTY && !process.env['NO_COLOR'],
  });
  const data = await openDataFolder(options.data, { fresh: options.fresh });
  trustHere(data);
  switch (options.task) {
    case 'start':
      return start(options, data, report);
    case 'twin':
      return twin(options, data, report);
    case 'func':
      return runFunc(data, options.port, report);
    case 'trust':
      return trust(data.caFile);
    case 'untrust':
      return untrust(data.caFile);
    case 'browser':
      return openBrowser({
        url: `http://localhost:${data.knownPort('api')}/portal/`,
        caFile: data.caFile,
        dataDirectory: data.path,
      });
    default:
      throw new Error(`there is no task ${options.task}\n${usage}`);
  }
}

run(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    console.error('npm start -- --help shows what there is.');
    process.exit(2);
  },
);
