import { programName } from '../about.ts';
import { defineCommand } from '../command.ts';
import { findMachine } from '../find-machine.ts';
import { renderMachine, renderMachines } from '../text/machine.ts';
import { plain } from '../text/plain.ts';

export const listMachines = defineCommand({
  words: 'machines',
  summary: 'list the machines that you may see',
  arguments: {},
  options: {},
  flags: {},
  async run({ api, output }) {
    const { value, json } = await api.listMachines();
    if (value.value.length === 0 && !output.isJson)
      return output.note(`There is no machine that you may see. Add one: ${programName} add <resource id>`);
    output.result(json, () => renderMachines(value.value));
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
