import { defineCommand } from '../command.ts';
import { failureOf } from '../failure.ts';
import { findMachineId } from '../find-machine.ts';
import { failedChecks, renderChecks } from '../text/checks.ts';
import { machineArgument } from './machine-argument.ts';

export const showChecks = defineCommand({
  words: 'checks',
  summary:
    'the detailed status of the extension and what the agent found on its machine; 1 when a check failed',
  arguments: machineArgument,
  options: {},
  flags: {},
  notes: ['The words are those of the platform and of the agent. It checks at start and every hour.'],
  examples: ['checks server-01', 'checks server-01 --json'],
  async run({ api, output }, given) {
    const machineId = await findMachineId(api, given.arguments.machine);
    const { value, json } = await api.getExtension(machineId);
    output.result(json, () => renderChecks(value, output.paint));
    const failed = failedChecks(value);
    if (failed.length > 0) throw failureOf('check_failed', failed.join('; '));
  },
});
