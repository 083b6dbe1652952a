import { listEgress, outboundRule, regionsOf } from '#shared/domain/egress.ts';
import { problem } from '#shared/protocol/api.ts';
import { egressQuery, egressReply } from '#shared/protocol/egress-api.ts';
import { egressConfiguration } from '../egress-settings.ts';
import type { PortsProvider } from '../ports.ts';
import { defineRoute, readQuery, refuseFields } from './route.ts';

export function registerEgress(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getEgress',
      method: 'GET',
      route: 'api/egress',
      audience: 'user',
      applications: true,
      summary: 'The hosts that machines, workstations and the control plane connect to',
      query: egressQuery,
      replies: { 200: egressReply, 400: problem, 401: problem },
    },
    async ({ ports, request }) => {
      const { role, region } = readQuery(egressQuery, request);
      const configuration = egressConfiguration(ports.settings, ports.zone);
      const regions = regionsOf(configuration);
      if (region !== undefined && !regions.includes(region)) {
        const known =
          regions.length > 0
            ? `it must be one of ${regions.join(', ')}`
            : 'the configuration names no regions, leave it out';
        throw refuseFields([{ field: 'region', message: `${region} is not known: ${known}` }]);
      }
      return {
        body: {
          role: role ?? null,
          region: region ?? null,
          regions,
          destinations: listEgress(configuration, { role, region }),
          outboundRule: outboundRule(
            ports.settings.ADMIN_CENTER_SERVICE_ADDRESSES,
            listEgress(configuration, { role: 'machine', region }),
          ),
        },
      };
    },
  );
}
