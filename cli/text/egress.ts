import type { EgressReply } from '#shared/protocol/egress-api.ts';
import { renderFields, renderTable } from './columns.ts';

function renderRule(rule: NonNullable<EgressReply['outboundRule']>): string {
  return renderFields([
    ['outbound rule', 'for a network that blocks everything outbound'],
    ['source', rule.source],
    ['source ports', rule.sourcePortRanges],
    ['destination', `${rule.destination}: ${rule.destinationAddresses.join(', ')}`],
    ['service', `${rule.service}, ${rule.protocol} ${rule.destinationPorts.join(', ')}`],
    ['action', rule.action],
  ]);
}

/** One line for each host of each role, then the outbound rule if there is one. */
export function renderEgress({ destinations, outboundRule }: EgressReply): string {
  const table = renderTable(
    ['role', 'host', 'port', 'protocol', 'always', 'region', 'why'],
    destinations.map(({ role, host, port, protocol, always, region, why }) => [
      role,
      host,
      String(port),
      protocol,
      always ? 'yes' : 'no',
      region ?? 'all',
      why,
    ]),
  );
  return [table, ...(outboundRule ? ['', renderRule(outboundRule)] : [])].join('\n');
}
