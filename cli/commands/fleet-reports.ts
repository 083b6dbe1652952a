import { defineCommand } from '../command.ts';
import { followFleet } from '../follow-fleet.ts';
import { describeFleet, notInstalled, plainLines, renderFleets, renderNotInstalled } from '../text/fleet.ts';
import { fleetArgument } from './fleet-changes.ts';

export const showFleet = defineCommand({
  words: 'fleet status',
  summary: 'how far an install on many machines is, and what failed so far',
  arguments: fleetArgument,
  options: {},
  flags: { follow: 'go on until it has ended' },
  notes: ['With --follow it ends with 1 when a machine was not installed.'],
  examples: ['fleet status aaaaaaaaaaaaaaaa --follow'],
  async run(context, given) {
    const { api, output } = context;
    const reply = await api.getFleetInstall(given.arguments.id);
    if (given.flags.follow) return followFleet(context, reply);
    output.result(reply.json, () => describeFleet(reply.value, Date.now()));
    if (output.isJson) return;
    const { value } = await api.listFleetMachines(given.arguments.id);
    if (notInstalled(value.value).length > 0) output.note(renderNotInstalled(value.value));
  },
});

export const reportFleet = defineCommand({
  words: 'fleet report',
  summary: 'the outcome on each machine, as CSV; as JSON with --json',
  arguments: fleetArgument,
  options: {},
  flags: {},
  examples: ['fleet report aaaaaaaaaaaaaaaa'],
  async run({ api, output }, given) {
    const { id } = given.arguments;
    if (output.isJson) return output.result((await api.getFleetReport(id)).json, () => '');
    const { value } = await api.getFleetTable(id);
    // The last line break is that of every result.
    output.result(undefined, () => (output.isWatched ? plainLines(value) : value.replace(/\n$/, '')));
  },
});

export const listFleets = defineCommand({
  words: 'fleet list',
  summary: 'the last installs on many machines, the newest first',
  arguments: {},
  options: {},
  flags: {},
  async run({ api, output }) {
    const { value, json } = await api.listFleetInstalls();
    output.result(json, () => renderFleets(value.value));
  },
});
