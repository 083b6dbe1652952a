import { isDeepStrictEqual } from 'node:util';
import { sweepProofs } from '#functions/timers/sweep-proofs.ts';
import type { OperationDocument } from '#shared/domain/documents.ts';
import { errorTable } from '#shared/domain/error.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { dayMs, machineOf, recordOf } from '../crash/stage.ts';
import { machineId } from '../sample-machine.ts';
import { type HostileApp, openHostileApp } from './hostile-app.ts';
import { describe as inWords, type Misbehaviour, misbehavioursOf } from './misbehaviour.ts';
import { type TargetName, targets } from './targets.ts';

type Flow = 'install' | 'repair' | 'uninstall';

/** A flow with somebody hostile there, and what is asked for when he is gone. */
export const hostileFlows = (['arc', 'azure-vm'] as const satisfies TargetName[]).flatMap((on) => [
  { on, flow: 'install', mend: 'install' } as const,
  { on, flow: 'install', mend: 'uninstall' } as const,
  { on, flow: 'repair', mend: 'install' } as const,
  { on, flow: 'uninstall', mend: 'uninstall' } as const,
]);
type Pair = { on: TargetName; flow: Flow; mend: Flow };

interface HostileCase extends Pair {
  title: string;
  /** The call with which it begins. */
  from: number;
  operation: string;
  how: Misbehaviour;
  /** How many attempts of this call, from then on. */
  times: number;
}

/** Real time, on a machine that is busy with all the others: twenty minutes of the flow's own clock pass in it. */
const patienceMs = 60_000;

async function run({ app, target }: HostileApp, flow: Flow): Promise<OperationDocument> {
  const { resourceId, wishes } = target;
  const id = await app.begin(flow, flow === 'uninstall' ? { machineId, resourceId } : wishes);
  await app.host.waitForCompletion(id, { timeoutMs: patienceMs });
  return app.operation(id);
}

/** Where the flow begins: nothing for an install, a machine that is installed for the others. */
async function openBefore({ on, flow }: Pair): Promise<HostileApp> {
  const hostile = await openHostileApp(targets[on]);
  if (flow !== 'install') await run(hostile, 'install');
  hostile.hostility.calls.length = 0;
  return hostile;
}

/** The calls of a flow with which nothing is wrong. */
async function callsOf(pair: Pair): Promise<string[]> {
  const hostile = await openBefore(pair);
  try {
    await run(hostile, pair.flow);
    return [...hostile.hostility.calls];
  } finally {
    await hostile.close();
  }
}

/** Once is repeated at once, five times by the next run of the activity; for ever is the end of the flow. */
const lengths = [
  [1, 'once'],
  [5, 'five times'],
  [Number.POSITIVE_INFINITY, 'for ever'],
] as const;

/** Each call of the flow with everything that may be wrong with it. */
export async function hostileCases(pair: Pair): Promise<HostileCase[]> {
  const { on, flow, mend } = pair;
  const calls = await callsOf(pair);
  return calls.flatMap((operation, from) =>
    misbehavioursOf(operation).flatMap((how) =>
      lengths.map(([times, said]) => ({
        title: `${on}, ${flow}, then ${mend}: call ${from + 1}, ${operation}, ${inWords(how)} ${said}`,
        ...pair,
        from,
        operation,
        how,
        times,
      })),
    ),
  );
}

/** What there is in the end: each thing once, nothing twice. */
async function wholeState({ app, resources }: HostileApp) {
  const machine = await machineOf(app);
  const name = machine?.machineName ?? '';
  const record = await recordOf(app);
  return {
    // The endpoint stays where there is one; an install that came that far made it.
    resources: (await resources())
      .filter((id) => id !== 'endpoints/default')
      .map((id) => id.replace(name || '-', '<name>')),
    names: [...app.dns.names.keys()].map((one) => one.replace(name || '-', '<name>')).toSorted(),
    proofs: app.dns.texts.size,
    queues: app.bus.queues.size,
    certificate: record?.state,
    isInVault: (await app.vault.findCertificate(certificateName(name))) !== undefined,
    onRecord: machine?.extension?.state,
    services: machine?.endpoint?.services ?? {},
    isBusy: machine?.currentOperation !== undefined,
  };
}

const installedState = {
  names: ['*.<name>', '<name>'],
  proofs: 0,
  queues: 1,
  certificate: 'served',
  isInVault: true,
  onRecord: 'installed',
  services: { WAC: 6516 },
  isBusy: false,
};
const bareState = {
  names: [],
  proofs: 0,
  queues: 0,
  certificate: undefined,
  isInVault: false,
  onRecord: undefined,
  services: {},
  isBusy: false,
};

/** Of whatever the flow ended with, the codes that say nothing of what failed. */
const nameless = new Set<string>(['internal_error', 'operation_interrupted']);

interface HostileEnd {
  /** How the flow itself ended: null, or the code of its failure. */
  code: string | null;
  /** A failure is named by a code that says what failed, with a sentence and what to do. */
  isNamed: boolean;
  /** How what was asked for when he was gone ended. */
  again: string | null;
  whole: object;
  /** Certificates in all: what was issued is not ordered again. */
  issued: number;
}

/** The flow with somebody hostile there, then what mends it without him. */
async function runHostile(one: HostileCase): Promise<HostileEnd> {
  const { flow, mend, from, operation, how, times } = one;
  const hostile = await openBefore(one);
  try {
    let left = times;
    hostile.hostility.misbehave = (called, index) => {
      if (called !== operation || index < from || left === 0) return undefined;
      left -= 1;
      return how;
    };
    const { error } = await run(hostile, flow);
    hostile.hostility.misbehave = undefined;
    const again = (await run(hostile, mend)).error;
    // What an order could not take out of the zone itself, the timer does, a day later.
    hostile.app.clock.advance(dayMs + 1);
    await sweepProofs(hostile.app.ports, { info() {}, warn() {} });
    return {
      code: error?.code ?? null,
      isNamed:
        error === undefined || (error.code in errorTable && !nameless.has(error.code) && error.detail !== ''),
      again: again?.code ?? null,
      whole: await wholeState(hostile),
      issued: hostile.app.authority.issued.length,
    };
  } finally {
    await hostile.close();
  }
}

const expectedEnd = ({ on, mend }: HostileCase): object => ({
  isNamed: true,
  again: null,
  whole:
    mend === 'uninstall'
      ? { ...bareState, resources: [] }
      : { ...installedState, resources: [...targets[on].installed] },
});

/** Of every case the end, where it is another one than it should be; and how often each code was the end. */
export async function strayEnds(cases: readonly HostileCase[]) {
  const strays: object[] = [];
  const codes = new Map<string | null, number>();
  for (const one of cases) {
    const { code, issued, ...end } = await runHostile(one);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (issued > 1 || !isDeepStrictEqual(end, expectedEnd(one)))
      strays.push({ title: one.title, code, issued, ...end });
  }
  return { strays, codes };
}
