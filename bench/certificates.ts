import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StandIn } from '#local/kit/stand-in.ts';
import { createApiClient } from '#local/main-job/api-client.ts';
import { createReporter, type Reporter } from '#local/main-job/reporter.ts';
import { signIn } from '#local/main-job/sign-in.ts';
import { startSystem } from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import type { OperationReply } from '#shared/protocol/api.ts';
import { build } from '#tools/build.ts';
import { type HistorySize, openHistories, type StepTime } from './durable-histories.ts';
import { durationOf, renew } from './renew.ts';
import { difference, readAll, rolesOf, sumOf } from './role-times.ts';
import { milliseconds, type Summary, summarise } from './statistics.ts';
import { installMachine, openTemporaryData } from './temporary-data.ts';

/** The first ones load code and fill caches, and the compiler has seen nothing yet. */
const warmUps = 20;
const idleMs = 10_000;
/** The renewals are measured in so many parts: what they differ by is this computer's noise. */
const parts = 3;
/** Activities that do nothing but ask the authority (the chain is fetched in another, with the vault). */
const authoritySteps = /^(placeOrder|answerChallenges|readOrder|finalizeOrder)$/;

interface CertificatesResult {
  renewals: number;
  /** Milliseconds from the request to the end of the operation: the machine serves the new leaf. */
  whole: Summary;
  /** Of that, in activities that ask the authority. */
  authority: Summary;
  /** Of that, in timers of the flow: polls, and waits for the machine. */
  timers: Summary;
  /** CPU milliseconds of a renewal, all processes, less what the same time idle took. */
  cpu: { parts: number[]; idlePerSecond: number; byProcess: Record<string, number> };
  history: Record<keyof HistorySize, Summary>;
  /** Calls of one renewal at each service, by `<service> <operation>`. */
  calls: Record<string, number>;
  /** Mean milliseconds of a renewal in each activity. */
  steps: StepTime[];
}

/** By `<service> <operation>`. */
const callsOf = (standIns: readonly StandIn[]): Record<string, number> =>
  Object.fromEntries(
    standIns.flatMap(({ name, calls }) =>
      Object.entries(calls.all()).map(([operation, count]) => [`${name} ${operation}`, count]),
    ),
  );

async function measureCertificates(report: Reporter, count: number): Promise<CertificatesResult> {
  await build();
  const { data, remove } = await openTemporaryData();
  const system = await startSystem(data, undefined, report);
  try {
    const [account] = sample.accounts;
    if (!account) throw new Error('there are no sample accounts');
    const { api, entra } = system.connection;
    const token = await signIn(entra.origin, account.userPrincipalName);
    const client = createApiClient(api, token);
    const ids: string[] = [];
    for (const machine of system.machines) ids.push(await installMachine(client, machine));
    const next = (index: number) => renew(api, token, ids[index % ids.length] ?? '');
    for (let index = 0; index < warmUps; index += 1) await next(index);

    const roles = rolesOf(system);
    const beforeIdle = readAll(roles);
    await sleep(idleMs);
    const idle = difference(readAll(roles), beforeIdle);

    const beforeCalls = callsOf(system.twin.standIns);
    const operations: OperationReply[] = [];
    const spent: Record<string, number>[] = [];
    for (let part = 0; part < parts; part += 1) {
      const began = performance.now();
      const before = readAll(roles);
      for (let index = 0; index < count / parts; index += 1) operations.push(await next(index));
      const idleShare = (performance.now() - began) / idleMs;
      const all = difference(readAll(roles), before);
      spent.push(
        Object.fromEntries(
          Object.entries(all).map(([name, ms]) => [name, ms - (idle[name] ?? 0) * idleShare]),
        ),
      );
    }
    const calls = difference(callsOf(system.twin.standIns), beforeCalls);
    const done = operations.length;

    const histories = openHistories(data.file('state', 'functions-host.sqlite'));
    const sizes = operations.map(({ id }) => histories.sizeOf(id));
    const times = operations.map(({ id }) => histories.timesOf(id));
    histories.close();
    const inSteps = (is: (name: string) => boolean) =>
      summarise(
        times.map((steps) => steps.filter(({ name }) => is(name)).reduce((ms, step) => ms + step.ms, 0)),
      );
    const perRenewal = (values: Record<string, number>) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value / done]));
    const names = Object.keys(roles);
    const byRole = Object.fromEntries(
      names.map((name) => [name, spent.reduce((total, one) => total + (one[name] ?? 0), 0)]),
    );
    return {
      renewals: done,
      whole: summarise(operations.map(durationOf)),
      authority: inSteps((name) => authoritySteps.test(name)),
      timers: inSteps((name) => name === 'timer'),
      cpu: {
        parts: spent.map((one) => (sumOf(one) * parts) / done),
        idlePerSecond: sumOf(idle) / (idleMs / 1000),
        byProcess: perRenewal(byRole),
      },
      history: {
        instances: summarise(sizes.map(({ instances }) => instances)),
        events: summarise(sizes.map(({ events }) => events)),
        bytes: summarise(sizes.map(({ bytes }) => bytes)),
        actions: summarise(sizes.map(({ actions }) => actions)),
      },
      calls: perRenewal(calls),
      steps: meanSteps(times.flat(), done),
    };
  } finally {
    await system.stop();
    remove();
  }
}

const meanSteps = (all: readonly StepTime[], count: number): StepTime[] =>
  [...Map.groupBy(all, ({ name }) => name)]
    .map(([name, steps]) => ({
      name,
      count: steps.reduce((total, one) => total + one.count, 0) / count,
      ms: steps.reduce((total, one) => total + one.ms, 0) / count,
    }))
    .toSorted((a, b) => b.ms - a.ms);

const line = ({ p50, p90, max }: Summary) =>
  `p50 ${milliseconds(p50)}, p90 ${milliseconds(p90)}, max ${milliseconds(max)}`;
const one = (value: number) => value.toFixed(value < 10 ? 1 : 0);

/** A row for each service: how many in all, then each operation. */
const callRows = (calls: Record<string, number>): [string, string][] =>
  [
    ...Map.groupBy(
      Object.entries(calls).filter(([, count]) => count > 0),
      ([name]) => name.split(' ')[0] ?? '',
    ),
  ].map(([service, operations]) => {
    const each = operations.map(([name, count]) => `${name.slice(service.length + 1)} ${one(count)}`);
    return [`calls of ${service}`, `${one(sumOf(Object.fromEntries(operations)))}: ${each.join(', ')}`];
  });

const report = createReporter({
  json: process.argv.includes('--json'),
  write: (text) => console.log(text),
  colours: process.stdout.isTTY,
});
const wanted = Number(/\d+$/.exec(process.argv.find((text) => text.startsWith('--count=')) ?? '')?.[0] ?? 60);
const { renewals, whole, authority, timers, cpu, history, calls, steps } = await measureCertificates(
  report,
  wanted,
);
const perRenewal = sumOf(cpu.byProcess);
const inParts = cpu.parts.map((part) => part.toFixed(0)).join(', ');
report.table(`Renewing certificates on this computer, ${renewals} one after the other`, [
  ['request to served', line(whole)],
  ['of that, asking the authority', line(authority)],
  ['of that, timers of the flow', line(timers)],
  ['CPU of a renewal, all processes', `${milliseconds(perRenewal)}; in ${parts} parts ${inParts}`],
  ...Object.entries(cpu.byProcess).map(([name, ms]): [string, string] => ['', `${name} ${milliseconds(ms)}`]),
  ['CPU of the idle system', `${one(cpu.idlePerSecond)} ms a second, not in the above`],
  [
    'rate by CPU',
    `${one((1000 / perRenewal) * availableParallelism())} a second on ${availableParallelism()} cores; 11.6 are a million a day`,
  ],
  [
    'history',
    `${history.events.p50} events, ${history.bytes.p50} bytes, ${history.actions.p50} actions, ${history.instances.p50} instances`,
  ],
  ...callRows(calls),
  ...steps.map(({ name, count, ms }): [string, string] => [
    '',
    `${name}: ${one(count)} times, ${milliseconds(ms)}`,
  ]),
]);
process.exit(0);
