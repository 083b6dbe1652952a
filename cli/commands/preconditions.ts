import { errorTable } from '#shared/domain/error.ts';
import { programName } from '../about.ts';
import { defineCommand } from '../command.ts';
import { Failure } from '../failure.ts';
import { findMachineId } from '../find-machine.ts';
import { renderPreconditions } from '../text/precondition.ts';
import { machineArgument } from './machine-argument.ts';

export const listPreconditions = defineCommand({
  words: 'preconditions',
  summary: 'check every requirement of an install; 1 when one is not met',
  arguments: machineArgument,
  options: {},
  flags: {},
  notes: [`${programName} install refuses as long as one is not met; a warning refuses nothing.`],
  examples: ['preconditions server-01'],
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
