import { z } from 'zod';
import { programName } from '../about.ts';
import type { Api } from '../api.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import { findMachine } from '../find-machine.ts';
import { machinePages } from '../list-machines.ts';
import { renderAccess, renderPeople } from '../text/access.ts';
import { plain } from '../text/plain.ts';
import { machineArgument } from './machine-argument.ts';

/**
 * The object id of whom a person means: the id itself, or a name among those whose role gives something here. Throws
 * `UsageError`.
 */
async function principalOf(
  api: Api,
  machineId: string,
  typed: string | undefined,
): Promise<string | undefined> {
  if (typed === undefined || z.guid().safeParse(typed).success) return typed;
  const { value } = await api.listPeople(machineId);
  const named = value.value
    .map(({ principal }) => principal)
    .filter(({ name }) => name?.toLowerCase() === typed.toLowerCase());
  const [found, ...more] = new Set(named.map(({ id }) => id));
  if (found !== undefined && more.length === 0) return found;
  throw new UsageError(
    found === undefined
      ? `nobody whose role gives something here is called '${typed}': use the object id`
      : `several are called '${typed}': use the object id`,
    'access explain',
  );
}

/** The machine that was named, or the only one there is. Throws `UsageError` where there are several. */
async function machineOf(
  { api }: CommandContext,
  named: string | undefined,
): Promise<{ id: string; name: string }> {
  if (named !== undefined) return (await findMachine(api, named)).value;
  const names: { id: string; name: string }[] = [];
  for await (const { value } of machinePages(api, {})) names.push(...value.value);
  const [only] = names;
  if (!only) throw failureOf('machine_unknown', 'there is no machine that you may see');
  if (names.length > 1)
    throw new UsageError(`name one of the ${names.length} machines that you may see`, 'access explain');
  return only;
}

export const explainAccess = defineCommand({
  words: 'access explain',
  summary: 'why somebody may connect to a machine or not, and what to run to change it',
  arguments: {},
  optional: machineArgument,
  options: {
    principal: {
      value: 'WHO',
      meaning: 'object id in the tenant, or a name of `access people` (yourself)',
    },
  },
  flags: {},
  notes: [
    'Every condition of a connect with what was found, then every right with the assignment that gives it.',
    'It changes nothing, and ends with 0 whatever the answer is.',
  ],
  examples: ['access explain server-01', 'access explain server-01 --principal operator@example.com'],
  async run(context, given) {
    const { api, output } = context;
    const machine = await machineOf(context, given.optional.machine);
    const principal = await principalOf(api, machine.id, given.options.principal);
    const { value, json } = await api.explainAccess(machine.id, { principal });
    output.result(json, () =>
      renderAccess(value, {
        machine: machine.name,
        isOwn: principal === undefined,
        paint: output.paint,
        room: output.room,
      }),
    );
  },
});

export const listPeople = defineCommand({
  words: 'access people',
  summary: 'everybody whose role gives something on a machine',
  arguments: machineArgument,
  options: {},
  flags: {},
  notes: ['A line for each assignment at the machine or above it; a group is one line, whoever is in it.'],
  examples: ['access people server-01'],
  async run({ api, output }, given) {
    const { value: machine } = await findMachine(api, given.arguments.machine);
    const { value, json } = await api.listPeople(machine.id);
    output.result(json, () => renderPeople(value, output.room));
    if (value.value.length > 0 && !output.isJson && output.isWatched)
      output.note(`One of them: ${programName} access explain ${plain(machine.name)} --principal <name>`);
  },
});
