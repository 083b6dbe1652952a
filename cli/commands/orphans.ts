import { defineCommand } from '../command.ts';
import { renderOrphans } from '../text/orphans.ts';

export const listOrphans = defineCommand({
  words: 'orphans',
  summary: 'machines that were deleted in Azure, and what is cleaned up after them, when',
  arguments: {},
  options: {},
  flags: {},
  notes: ['Nothing is removed before the grace time is over. One that comes back in time keeps everything.'],
  examples: ['orphans'],
  async run({ api, output }) {
    const { value, json } = await api.listOrphans();
    if (value.value.length === 0 && !output.isJson) return output.note('No machine was deleted in Azure.');
    output.result(json, () => renderOrphans(value, Date.now()));
  },
});
