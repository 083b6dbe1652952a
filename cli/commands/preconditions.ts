import { errorTable } from '#shared/domain/error.ts';
import { programName } from '../about.ts';
import { defineCommand } from '../command.ts';
import { Failure } from '../failure.ts';
import { findMachineId } from '../find-machine.ts';
import { renderPreconditions } from '../text/precondition.ts';
import { installOptions, parsePort } from './install-wishes.ts';
import { machineArgument } from './machine-argument.ts';

export const listPreconditions = defineCommand({
  words: 'preconditions',
  summary: 'check every requirement of an install; 1 when one is not met',
  arguments: machineArgument,
  options: { port: installOptions.port, direct: installOptions.direct },
  flags: {},
  notes: [
    `${programName} install refuses as long as one is not met; a warning refuses nothing.`,
    'With --direct the rules of the network are judged for that address too.',
  ],
  examples: ['preconditions server-01', 'preconditions vm-01 --direct 10.0.0.4 --port 443'],
  async run({ api, output }, given) {
    const port = parsePort(given.options.port, 'preconditions');
    const machineId = await findMachineId(api, given.arguments.machine);
    const { value, json } = await api.getPreconditions(machineId, {
      direct: given.options.direct,
      port: port?.toString(),
    });
    output.result(json, () => renderPreconditions(value.preconditions));
    const unmet = value.preconditions
      .filter(({ met, severity }) => !met && severity === 'failure')
      .map(({ rule }) => rule);
    const { status: _, ...row } = errorTable.precondition_unmet;
    if (unmet.length > 0)
      throw new Failure({ ...row, code: 'precondition_unmet', detail: unmet.join('; ') }, 'failed');
  },
});
