import { install } from './crash/stage.ts';
import { type HalfDone, openHalfDone, wholeState } from './half-done.ts';
import { resourceId } from './sample-machine.ts';

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
  currentOperation: undefined,
};

interface End {
  /** Codes of the operations in their order; null where one succeeded. */
  outcomes: (string | null)[];
  whole: object;
  hasSsh: boolean;
}

type Asked = 'install' | 'uninstall';

async function runFrom(state: HalfDone, kinds: readonly Asked[]): Promise<End & { issued: number }> {
  const app = await openHalfDone(state);
  try {
    const { machineId } = install;
    const outcomes: End['outcomes'] = [];
    for (const kind of kinds) {
      const { error } = await app.run(kind, kind === 'install' ? install : { machineId, resourceId });
      outcomes.push(error?.code ?? null);
    }
    const hasSsh = 'SSH' in (app.connectivity.endpoints.get(resourceId) ?? {});
    return { outcomes, whole: await wholeState(app), hasSsh, issued: app.authority.issued.length };
  } finally {
    await app.close();
  }
}

/** Who has SSH keeps it, whatever becomes of ours (requirement 59). */
const endOf = ({ access }: HalfDone, outcomes: End['outcomes']): End => ({
  outcomes,
  whole: done,
  hasSsh: access.includes('SSH'),
});

/**
 * The token of a machine is for one pair of keys, so an agent that lost them is refused. A first install that failed
 * forgets that agent, and the next one succeeds; where one is installed, this takes an uninstall.
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

/** The documented repair: uninstall, then install. */
export async function repairFrom(state: HalfDone): Promise<End> {
  const { issued: _, ...end } = await runFrom(state, ['uninstall', 'install']);
  return end;
}

export const endOfRepair = (state: HalfDone): End => endOf(state, [null, null]);
