import type { z } from 'zod';
import { egressRole } from '#shared/protocol/egress-api.ts';
import { defineCommand } from '../command.ts';
import { UsageError } from '../failure.ts';
import { renderEgress } from '../text/egress.ts';

/** Throws `UsageError` for what is no role. */
function parseRole(text: string | undefined): z.output<typeof egressRole> | undefined {
  if (text === undefined) return undefined;
  const parsed = egressRole.safeParse(text.toLowerCase());
  if (parsed.success) return parsed.data;
  throw new UsageError(`--role must be one of ${egressRole.options.join(', ')}`, 'egress');
}

export const showEgress = defineCommand({
  words: 'egress',
  summary: 'the hosts that a firewall must let through, for each role, and the outbound rule',
  arguments: {},
  options: {
    role: { value: 'ROLE', meaning: egressRole.options.join(', '), choices: egressRole.options },
    region: { value: 'REGION', meaning: 'an Azure region: names that other regions need are left out' },
  },
  flags: {},
  notes: ['A machine checks its own at start and every hour: `machine` says what it does not reach.'],
  examples: ['egress --role machine --region westeurope'],
  async run({ api, output }, given) {
    const { region } = given.options;
    const role = parseRole(given.options.role);
    const { value, json } = await api.getEgress({ role, region: region?.toLowerCase() });
    output.result(json, () => renderEgress(value));
  },
});
