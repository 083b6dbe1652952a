import { defineCommand } from '../command.ts';
import { renderFields } from '../text/columns.ts';

export const whoami = defineCommand({
  words: 'whoami',
  summary: 'show who you are to the control plane',
  arguments: {},
  options: {},
  flags: {},
  async run({ api, output }) {
    const { value, json } = await api.me();
    output.result(json, () =>
      renderFields([
        ['name', value.name],
        ['object id', value.id],
        ['tenant', value.tenantId],
        ['address', value.address],
      ]),
    );
  },
});
