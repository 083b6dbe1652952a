import { defineCommand } from '../command.ts';
import { findMachineId } from '../find-machine.ts';
import { followOperation } from '../follow-operation.ts';
import { machineArgument } from './machine-argument.ts';

export const repair = defineCommand({
  words: 'repair',
  summary: 'take the extension away and install it again, and follow it to its end',
  arguments: machineArgument,
  options: {},
  flags: {},
  notes: [
    'The agent gets new keys; port, name and certificate stay. Until it is back nobody connects.',
    'A repair that fails takes nothing away: the next one, or an install, goes on from where it ended.',
  ],
  examples: ['repair server-01'],
  async run(context, given) {
    const machineId = await findMachineId(context.api, given.arguments.machine);
    await followOperation(context, await context.api.repair(machineId));
  },
});
