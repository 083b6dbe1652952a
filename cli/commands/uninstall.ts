import { defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import { findMachine } from '../find-machine.ts';
import { followOperation } from '../follow-operation.ts';
import { renderLeaving } from '../text/leaving.ts';
import { plain } from '../text/plain.ts';
import { machineArgument } from './machine-argument.ts';

export const uninstall = defineCommand({
  words: 'uninstall',
  summary: 'remove extension, name and certificate; the endpoint stays',
  arguments: machineArgument,
  options: {},
  flags: { yes: 'do not ask' },
  notes: ['Before it asks it says what goes and what stays.'],
  examples: ['uninstall server-01', 'uninstall server-01 --yes --json'],
  async run(context, given) {
    if (!given.flags.yes && !context.isAttended)
      throw new UsageError('without a terminal nobody can be asked: use --yes', 'uninstall');
    const { value: machine } = await findMachine(context.api, given.arguments.machine);
    if (!given.flags.yes) {
      context.output.tell(renderLeaving(machine));
      if (!(await context.confirm(`Uninstall from ${plain(machine.name)}? Type yes to go on: `)))
        throw failureOf('not_confirmed', `${plain(machine.name)} stays as it is`);
    }
    await followOperation(context, await context.api.uninstall(machine.id));
  },
});
