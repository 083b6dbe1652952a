import type { z } from 'zod';
import { type MachineRow, machineKind, machineState } from '#shared/protocol/machine-list-api.ts';
import { programName } from '../about.ts';
import { defineCommand } from '../command.ts';
import { UsageError } from '../failure.ts';
import { findMachine } from '../find-machine.ts';
import { machinePages } from '../list-machines.ts';
import { renderMachine, renderMachines } from '../text/machine.ts';
import { plain } from '../text/plain.ts';

/** Throws `UsageError` for what is none of these. */
function parseOneOf<T extends string>(
  option: string,
  schema: z.ZodEnum<Readonly<Record<T, T>>>,
  text: string | undefined,
): T | undefined {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(text.toLowerCase());
  if (parsed.success) return parsed.data;
  throw new UsageError(`--${option} must be one of ${schema.options.join(', ')}`, 'machines');
}

export const listMachines = defineCommand({
  words: 'machines',
  summary: 'list the machines that you may see, those that need somebody first',
  arguments: {},
  options: {
    search: { value: 'WORDS', meaning: 'in name, resource id or operating system, each of them' },
    state: { value: 'STATE', meaning: machineState.options.join(', '), choices: machineState.options },
    kind: { value: 'KIND', meaning: machineKind.options.join(', '), choices: machineKind.options },
  },
  flags: {},
  examples: ['machines', 'machines --state away --search web'],
  notes: ['With --json there is a line for each page of up to a thousand, as it comes.'],
  async run({ api, output }, given) {
    const { search, state, kind } = given.options;
    const question = {
      search,
      state: parseOneOf('state', machineState, state),
      kind: parseOneOf('kind', machineKind, kind),
    };
    const rows: MachineRow[] = [];
    let total = 0;
    for await (const { value, json } of machinePages(api, question)) {
      if (output.isJson) output.result(json, () => '');
      rows.push(...value.value);
      total = value.total;
    }
    if (output.isJson) return;
    if (rows.length > 0) output.result(undefined, () => renderMachines(rows, output.room));
    else if (total > 0) output.note(`None of the ${total} machines that you may see matches.`);
    else output.note(`There is no machine that you may see. Add one: ${programName} add <resource id>`);
  },
});

export const showMachine = defineCommand({
  words: 'machine',
  summary: 'show one machine: facts, extension, certificate, agent, what you may do',
  arguments: { machine: 'its name, its id, or its ARM resource id' },
  options: {},
  flags: {},
  examples: ['machine server-01'],
  async run({ api, output }, given) {
    const { value, json } = await findMachine(api, given.arguments.machine);
    output.result(json, () => renderMachine(value));
  },
});

export const addMachine = defineCommand({
  words: 'add',
  summary: 'make a machine known; again is harmless',
  arguments: { 'resource id': 'its ARM resource id, /subscriptions/…' },
  options: {},
  flags: {},
  examples: [
    'add /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/server-01',
  ],
  async run({ api, output }, given) {
    const { value, json } = await api.addMachine(given.arguments['resource id']);
    output.result(json, () => `${plain(value.name)} is known as ${value.id}`);
  },
});
