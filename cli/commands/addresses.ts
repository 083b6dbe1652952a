import { defineCommand } from '../command.ts';
import { findMachineId } from '../find-machine.ts';
import { renderAddresses } from '../text/addresses.ts';
import { installOptions, parsePort } from './install-wishes.ts';
import { machineArgument } from './machine-argument.ts';

export const listAddresses = defineCommand({
  words: 'addresses',
  summary: 'the addresses of an Azure virtual machine that `install --direct` can use',
  arguments: machineArgument,
  options: { port: installOptions.port },
  flags: {},
  notes: [
    'Each with what is to be known before it is chosen. Other machines have none: they go through the proxy.',
  ],
  examples: ['addresses vm-01', 'addresses vm-01 --port 443'],
  async run({ api, output }, given) {
    const port = parsePort(given.options.port, 'addresses');
    const machineId = await findMachineId(api, given.arguments.machine);
    const { value, json } = await api.listAddresses(machineId, port?.toString());
    if (value.value.length === 0 && !output.isJson)
      return output.note('There is no address that direct mode can use: install without --direct.');
    output.result(json, () => renderAddresses(value));
  },
});
