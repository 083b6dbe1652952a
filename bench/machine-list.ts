import { chargeOfQuery, chargeOfRead } from '#local/cosmos/request-charge.ts';
import { createReporter, type Reporter } from '#local/main-job/reporter.ts';
import { signIn } from '#local/main-job/sign-in.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import { startHost } from '#local/run/processes.ts';
import { startStandIns } from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import { createCosmosMachineStore } from '#shared/adapters/azure/cosmos-machine-store.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { type MachineListReply, machineListReply } from '#shared/protocol/machine-list-api.ts';
import { build } from '#tools/build.ts';
import { bytesOf, recordsOf } from './machine-records.ts';
import { milliseconds, type Summary, summarise } from './statistics.ts';
import { openTemporaryData } from './temporary-data.ts';

const rounds = 10;
const roundsOfAllPages = 3;
const writesAtOnce = 16;
/** The list asked for all of them at once: with thousands of machines that ended in timeouts. */
const readsAtOnce = 64;

interface MachineListResult {
  machines: number;
  /** Milliseconds of `GET /api/machines` over HTTP. `read` asks past what the service remembers. */
  firstPage: { read: Summary; remembered: Summary };
  search: { read: Summary; remembered: Summary };
  stateFilter: { read: Summary; remembered: Summary };
  /** All pages of a thousand. */
  allPages: Summary;
  bytes: { firstPage: number; allPages: number };
  /** Milliseconds, calls and estimated request units at the database: the survey, and the reads that it replaced. */
  survey: Cost;
  asItWas: Cost;
}

interface Cost {
  ms: Summary;
  /** Processor milliseconds of one, client and stand-in together: they are in this process. */
  cpuMs: number;
  calls: number;
  requestUnits: number;
}

async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>) {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Answers the request units of reading each certificate and each agent by itself. */
async function fill(store: MachineStore, count: number): Promise<number> {
  let requestUnits = 0;
  const numbers = Array.from({ length: count }, (_, index) => index);
  await inParallel(numbers, writesAtOnce, async (index) => {
    const [machine, ...related] = recordsOf(index);
    for (const document of related) requestUnits += chargeOfRead(bytesOf(document));
    const changes = [machine, ...related].map((document) => ({ put: document }));
    await store.commit(machine.machineId, changes);
  });
  return requestUnits;
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function timed(count: number, work: () => Promise<unknown>): Promise<Summary> {
  const taken: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const began = performance.now();
    await work();
    taken.push(performance.now() - began);
  }
  return summarise(taken);
}

async function measureMachineList(report: Reporter, count: number): Promise<MachineListResult> {
  await build();
  const { data, remove } = await openTemporaryData();
  const { twin, connection, stop } = await startStandIns(data, undefined, report);
  const cosmos = twin.standIns.find(({ name }) => name === 'cosmos');
  const [account] = sample.accounts;
  if (!cosmos || !account) throw new Error('the twin has no database or no accounts');
  const store = createCosmosMachineStore({
    endpoint: connection.cosmos.endpoint,
    credential: createSdkCredential(connection.managedIdentity.endpoint, data.secret('identity-app')),
  });
  const callsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = Object.values(cosmos.calls.all()).reduce((sum, calls) => sum + calls, 0);
    await work();
    return Object.values(cosmos.calls.all()).reduce((sum, calls) => sum + calls, 0) - before;
  };
  const pointReadUnits = await fill(store, count);
  const host = await startHost(data, connection);
  try {
    const token = await signIn(connection.entra.origin, account.userPrincipalName);
    let bytes = 0;
    const ask = async (query: string, isCurrent: boolean): Promise<MachineListReply> => {
      const headers = { authorization: `Bearer ${token}`, ...(isCurrent && { 'cache-control': 'no-cache' }) };
      const text = await (await fetch(`${connection.api}/api/machines${query}`, { headers })).text();
      bytes += Buffer.byteLength(text);
      return machineListReply.parse(JSON.parse(text));
    };
    const first = await ask('?top=100', true);
    if (first.total !== count) throw new Error(`${first.total} machines are seen instead of ${count}`);
    const bothWays = async (query: string) => {
      const read = await timed(rounds, () => ask(query, true));
      return { read, remembered: await timed(rounds, () => ask(query, false)) };
    };
    const all = async () => {
      let page = await ask('?top=1000', true);
      while (page.next !== null) page = await ask(`?top=1000&skipToken=${page.next}`, false);
    };
    const firstPage = await bothWays('?top=100');
    const search = await bothWays('?top=100&search=server-01%20rg-local');
    const stateFilter = await bothWays('?top=100&state=away');
    const allPages = await timed(roundsOfAllPages, all);
    bytes = 0;
    await ask('?top=100', true);
    const bytesOfFirst = bytes;
    bytes = 0;
    await all();
    const survey = () => store.surveyMachines();
    const asItWas = async () => {
      const machines = await store.listMachines();
      await inParallel(machines, readsAtOnce, async ({ machineId }) => {
        await Promise.all([store.read(machineId, 'certificate'), store.read(machineId, 'agent')]);
      });
    };
    const surveyCalls = await callsOf(survey);
    const beforeSurveys = process.cpuUsage();
    const surveyMs = await timed(rounds, survey);
    const surveyCpuMs = cpuMsSince(beforeSurveys) / rounds;
    const beforeReads = process.cpuUsage();
    const began = performance.now();
    const callsAsItWas = await callsOf(asItWas);
    const msAsItWas = performance.now() - began;
    const cpuMsAsItWas = cpuMsSince(beforeReads);
    return {
      machines: count,
      firstPage,
      search,
      stateFilter,
      allPages,
      bytes: { firstPage: bytesOfFirst, allPages: bytes },
      survey: {
        ms: surveyMs,
        cpuMs: surveyCpuMs,
        calls: surveyCalls,
        requestUnits: chargeOfQuery(3 * count) + chargeOfQuery(0) * (surveyCalls - 1),
      },
      asItWas: {
        ms: summarise([msAsItWas]),
        cpuMs: cpuMsAsItWas,
        calls: callsAsItWas,
        requestUnits: chargeOfQuery(count) + pointReadUnits,
      },
    };
  } finally {
    await host.stop();
    await stop();
    remove();
  }
}

const line = ({ p50, max }: Summary) => `p50 ${milliseconds(p50)}, max ${milliseconds(max)}`;
const both = ({ read, remembered }: MachineListResult['firstPage']) =>
  `read anew ${line(read)}; within seconds ${line(remembered)}`;
const costOf = ({ ms, cpuMs, calls, requestUnits }: Cost) =>
  `${line(ms)}, processor ${milliseconds(cpuMs)}, ${calls} calls, ${requestUnits.toFixed(0)} request units by the stand-in’s estimate`;
const times = (before: number, after: number) => `${(before / after).toFixed(0)} times`;

const report = createReporter({
  json: process.argv.includes('--json'),
  write: (text) => console.log(text),
  colours: process.stdout.isTTY,
});
const wanted = Number(
  /\d+$/.exec(process.argv.find((text) => text.startsWith('--count=')) ?? '')?.[0] ?? 5000,
);
const found = await measureMachineList(report, wanted);
const { survey, asItWas } = found;
report.table(`The list of ${found.machines} machines on this computer`, [
  ['first page of 100', both(found.firstPage)],
  ['search of two words', both(found.search)],
  ['filter by state', both(found.stateFilter)],
  ['every page of 1,000', line(found.allPages)],
  ['bytes', `${found.bytes.firstPage} of the first page, ${found.bytes.allPages} of all`],
  ['database, one survey', costOf(survey)],
  ['database, as it was', costOf(asItWas)],
  [
    'as it was against the survey',
    `${times(asItWas.ms.p50, survey.ms.p50)} the time, ${times(asItWas.cpuMs, survey.cpuMs)} the processor, ${times(asItWas.calls, survey.calls)} the calls, ${times(asItWas.requestUnits, survey.requestUnits)} the request units`,
  ],
]);
process.exit(0);
