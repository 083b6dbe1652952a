import { z } from 'zod';
import { precondition } from '#shared/protocol/api.ts';
import type { Api } from '../api.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { Failure, failureOf, UsageError } from '../failure.ts';
import { findMachineId } from '../find-machine.ts';
import { followOperation } from '../follow-operation.ts';
import { renderPreconditions } from '../text/precondition.ts';
import {
  type InstallWishes,
  installFlags,
  installLists,
  installOptions,
  parseWishes,
} from './install-wishes.ts';
import { machineArgument } from './machine-argument.ts';

const asksForEverybody = ({ direct }: InstallWishes): boolean => direct?.openToAnyone === true;

/** Requirement 133: to everybody is for trying out, and nobody does it by accident. */
async function confirmEverybody({ confirm }: CommandContext, { direct, port }: InstallWishes): Promise<void> {
  const which = port === undefined ? 'the port' : `port ${port}`;
  const answer = await confirm(
    `Open ${which} of ${direct?.address} to everybody on the internet? --source opens it to some alone. Type yes to go on: `,
  );
  if (!answer) throw failureOf('not_confirmed', 'no port was opened and nothing was installed');
}

/** Requirement 136: `me` becomes the address that the API sees. */
async function withOwnAddress(api: Api, wishes: InstallWishes): Promise<InstallWishes> {
  const { direct } = wishes;
  if (!direct?.sources?.includes('me')) return wishes;
  const { address } = (await api.me()).value;
  if (address === null) throw failureOf('own_address_unknown', 'the control plane does not see your address');
  return {
    ...wishes,
    direct: { ...direct, sources: direct.sources.map((one) => (one === 'me' ? address : one)) },
  };
}

const unmet = z.object({ code: z.literal('precondition_unmet'), preconditions: z.array(precondition) });

/** What the machine lacks, as a table before the refusal itself. */
function showUnmet({ output }: CommandContext, error: unknown): void {
  if (output.isJson || !(error instanceof Failure)) return;
  const { data } = unmet.safeParse(error.facts);
  if (data) output.tell(renderPreconditions(data.preconditions));
}

export const install = defineCommand({
  words: 'install',
  summary: 'install Windows Admin Center in three steps and follow them to their end',
  arguments: machineArgument,
  options: installOptions,
  flags: installFlags,
  lists: installLists,
  notes: [
    'Ctrl-C ends the watching and not the install. The same command again watches the one that runs.',
    'What is not said stays as it was; the first time it is port 6516, through the proxy, key in Key Vault.',
    'One that fails takes back what it made and says what it left. The same command again finishes it.',
    'With --json every change of the operation is one line; the last one is its end.',
  ],
  examples: [
    'install server-01',
    'install server-01 --port 443 --keys machine',
    'install vm-01 --direct 10.0.0.4',
    'install vm-01 --direct 203.0.113.7 --source me --source 198.51.100.0/24',
    'install vm-01 --reverse',
    'install server-02 --consent',
  ],
  async run(context, given) {
    const wishes = parseWishes(given);
    const isToBeAsked = asksForEverybody(wishes) && !given.flags.yes;
    if (isToBeAsked && !context.isAttended)
      throw new UsageError('without a terminal nobody can be asked: use --yes', 'install');
    const machineId = await findMachineId(context.api, given.arguments.machine);
    if (isToBeAsked) await confirmEverybody(context, wishes);
    const sent = await withOwnAddress(context.api, wishes);
    try {
      await followOperation(context, await context.api.install(machineId, sent));
    } catch (error) {
      showUnmet(context, error);
      throw error;
    }
  },
});
