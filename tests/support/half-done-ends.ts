import { certificateName } from '#shared/protocol/resource-names.ts';
import { install } from './crash/stage.ts';
import { type HalfDone, openHalfDone, rulesLeft, servicesOf, wholeState } from './half-done.ts';
import { machine as bareMachine, machineId, resourceId } from './sample-machine.ts';

const done = {
  registered: 1,
  ours: { WAC: 6516 },
  recorded: { WAC: 6516 },
  records: ['*.<name>', '<name>'],
  proofs: 0,
  relays: ['<name>'],
  queues: 1,
  certificate: 'served',
  hostNames: ['<name>.wac.test', '*.<name>.wac.test'],
  isInVault: true,
  extension: { state: 'succeeded', port: 6516 },
  isServed: true,
  hasToken: true,
  onRecord: { state: 'installed', port: 6516 },
  noticed: [],
  currentOperation: undefined,
};

interface End {
  /** Codes of the operations in their order; null where one succeeded. */
  outcomes: (string | null)[];
  whole: object;
  hasSsh: boolean;
  /** Descriptions of the rules that let somebody in. */
  rules: string[];
}

type Asked = 'install' | 'uninstall' | 'repair';

async function runFrom(state: HalfDone, kinds: readonly Asked[]): Promise<End & { issued: number }> {
  const app = await openHalfDone(state);
  try {
    const outcomes: End['outcomes'] = [];
    for (const kind of kinds) {
      const { error } = await app.run(kind, kind === 'uninstall' ? { machineId, resourceId } : install);
      outcomes.push(error?.code ?? null);
    }
    const hasSsh = 'SSH' in (app.connectivity.endpoints.get(resourceId) ?? {});
    const [whole, rules] = [await wholeState(app), rulesLeft(app)];
    return { outcomes, whole, hasSsh, rules, issued: app.authority.issued.length };
  } finally {
    await app.close();
  }
}

/** A rule that nobody comes through any more goes when it is ours. */
const rulesOfOthers = (leftover: HalfDone['leftover']): string[] =>
  leftover === 'a port rule of others' ? ['of the network team'] : [];

/** Who has SSH keeps it, whatever becomes of ours (requirement 59). */
const endOf = ({ access, leftover }: HalfDone, outcomes: End['outcomes']): End => ({
  outcomes,
  whole: done,
  hasSsh: access.includes('SSH'),
  rules: rulesOfOthers(leftover),
});

/**
 * The token of a machine is for one pair of keys, so an agent that lost them is refused. A first install that failed
 * forgets that agent, and the next one succeeds; where one is installed, this takes a repair.
 */
export const isForInstallAlone = ({ agent, record }: HalfDone): boolean =>
  agent !== 'without its keys' || record !== 'installed';

/** Install alone; again where the first try has to find out that the agent lost its keys. */
export async function installFrom(state: HalfDone): Promise<End & { issued: number }> {
  return runFrom(state, state.agent === 'without its keys' ? ['install', 'install'] : ['install']);
}

/** What was issued and can be served is not ordered again. */
export const endOfInstall = (state: HalfDone): End & { issued: number } => ({
  ...endOf(state, state.agent === 'without its keys' ? ['agent_not_serving', null] : [null]),
  issued: state.certificate === 'without its key' ? 2 : 1,
});

/** The documented repair in two requests: uninstall, then install. */
export async function reinstallFrom(state: HalfDone): Promise<End> {
  const { issued: _, ...end } = await runFrom(state, ['uninstall', 'install']);
  return end;
}

export const endOfReinstall = (state: HalfDone): End => endOf(state, [null, null]);

/** The same in one request, wherever an install was ever begun. */
export const isForRepair = ({ record }: HalfDone): boolean => record !== 'none';

export const repairFrom = (state: HalfDone): Promise<End & { issued: number }> => runFrom(state, ['repair']);

export const endOfRepair = (state: HalfDone): End & { issued: number } => ({
  ...endOf(state, [null]),
  issued: state.certificate === 'without its key' ? 2 : 1,
});

/** What there is after an uninstall. */
export async function leftAfterUninstall(state: HalfDone): Promise<object> {
  const app = await openHalfDone(state);
  try {
    const before = await app.store.read(machineId, 'machine');
    const { error } = await app.run('uninstall', { machineId, resourceId });
    const [machine, ...others] = await app.store.readTogether(machineId, [
      { type: 'machine' },
      { type: 'certificate' },
      { type: 'agent' },
      { type: 'enrolment' },
    ]);
    const { endpoint, ...rest } = machine?.document ?? {};
    const held = [app.dns.names, app.dns.texts, app.relay.connections, app.bus.queues, app.extension.states];
    return {
      outcome: error?.code ?? null,
      machine: rest,
      recorded: endpoint?.services,
      access: app.connectivity.endpoints.get(resourceId),
      documents: others.filter((one) => one !== undefined).length,
      held: held.map(({ size }) => size),
      rules: rulesLeft(app),
      inVault: await app.vault.findCertificate(certificateName(before?.document.machineName ?? '')),
    };
  } finally {
    await app.close();
  }
}

/** Nothing of ours; the endpoint and SSH as they were (requirements 58-60). */
export function expectedAfterUninstall({ access, leftover }: HalfDone): object {
  const { WAC: _, ...ofOthers } = servicesOf(access) ?? {};
  return {
    outcome: null,
    machine: bareMachine,
    recorded: ofOthers,
    access: servicesOf(access) && ofOthers,
    documents: 0,
    held: [0, 0, 0, 0, 0],
    rules: rulesOfOthers(leftover),
    inVault: undefined,
  };
}
