import { errorTable } from '#shared/domain/error.ts';
import { programName } from '../about.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { Failure, failureOf, UsageError } from '../failure.ts';
import { findMachine, findMachineId } from '../find-machine.ts';
import { followOperation } from '../follow-operation.ts';
import { plain } from '../text/plain.ts';
import { renderPreconditions } from '../text/precondition.ts';
import { keysOption, parseKeys } from './certificates.ts';

const machineArgument = { machine: 'its name, its id, or its ARM resource id' };

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new UsageError('--port must be a whole number from 1 to 65535', 'install');
  return port;
}

export const install = defineCommand({
  words: 'install',
  summary: 'install Windows Admin Center in three steps and follow them to their end',
  arguments: machineArgument,
  options: {
    port: { value: 'N', meaning: 'port of the web application on the machine (6516)' },
    keys: keysOption,
  },
  flags: { 'new-name': 'give the machine a new name in DNS; the old one is withdrawn' },
  notes: [
    'Ctrl-C ends the watching and not the install. The same command again watches the one that runs.',
    'Without --keys the key is held as it was; the first time Key Vault holds it.',
    'With --json every change of the operation is one line; the last one is its end.',
  ],
  async run(context, given) {
    const port = parsePort(given.options.port);
    const keys = parseKeys(given.options.keys, 'install');
    const machineId = await findMachineId(context.api, given.arguments.machine);
    const wishes = {
      ...(port !== undefined && { port }),
      ...(keys && { keys }),
      ...(given.flags['new-name'] && { newName: true }),
    };
    await followOperation(context, await context.api.install(machineId, wishes));
  },
});

async function requireConfirmed({ confirm }: CommandContext, name: string): Promise<void> {
  const answer = await confirm(
    `Uninstall from ${name}? Open sessions end; the endpoint stays. Type yes to go on: `,
  );
  if (!answer) throw failureOf('not_confirmed', `${name} stays as it is`);
}

export const uninstall = defineCommand({
  words: 'uninstall',
  summary: 'remove extension, name and certificate; the endpoint stays',
  arguments: machineArgument,
  options: {},
  flags: { yes: 'do not ask' },
  async run(context, given) {
    if (!given.flags.yes && !context.isAttended)
      throw new UsageError('without a terminal nobody can be asked: use --yes', 'uninstall');
    const { value: machine } = await findMachine(context.api, given.arguments.machine);
    if (!given.flags.yes) await requireConfirmed(context, plain(machine.name));
    await followOperation(context, await context.api.uninstall(machine.id));
  },
});

export const listPreconditions = defineCommand({
  words: 'preconditions',
  summary: 'check every requirement of an install; 1 when one is not met',
  arguments: machineArgument,
  options: {},
  flags: {},
  notes: [`${programName} install refuses as long as one is not met; a warning refuses nothing.`],
  async run({ api, output }, given) {
    const machineId = await findMachineId(api, given.arguments.machine);
    const { value, json } = await api.getPreconditions(machineId);
    output.result(json, () => renderPreconditions(value.preconditions));
    const unmet = value.preconditions
      .filter(({ met, severity }) => !met && severity === 'failure')
      .map(({ rule }) => rule);
    const { status: _, ...row } = errorTable.precondition_unmet;
    if (unmet.length > 0)
      throw new Failure({ ...row, code: 'precondition_unmet', detail: unmet.join('; ') }, 'failed');
  },
});
