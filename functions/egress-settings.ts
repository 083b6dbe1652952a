import { z } from 'zod';
import type { EgressConfiguration, PlatformHost } from '#shared/domain/egress.ts';
import { list } from './list-setting.ts';
import type { Settings } from './settings.ts';

/** IPv4 and IPv6, one address or a network each. */
export const serviceAddressList = list.pipe(
  z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: 'is no address and no network' })),
);

/** A wildcard is no name: a firewall needs the names themselves, region by region (conflict C9). */
const hostShape = /^(?:([a-z][a-z0-9]*)=)?((?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::([1-9]\d{0,4}))?$/i;

export const platformHostList = list.pipe(
  z.array(
    z.string().transform((text, context): PlatformHost => {
      const [, region, host, port = '443'] = hostShape.exec(text) ?? [];
      if (host === undefined || Number(port) > 65_535) {
        context.addIssue({ code: 'custom', message: 'must be host, host:port or region=host, no wildcard' });
        return z.NEVER;
      }
      return { host, port: Number(port), ...(region !== undefined && { region: region.toLowerCase() }) };
    }),
  ),
);

/** What of the settings leads to hosts. */
export const egressConfiguration = (settings: Settings, zone: string): EgressConfiguration => ({
  api: settings.ADMIN_CENTER_API_URL,
  authority: settings.ADMIN_CENTER_AUTHORITY,
  serviceBus: settings.ADMIN_CENTER_SERVICE_BUS_HOST,
  serviceBusEndpoint: settings.ADMIN_CENTER_SERVICE_BUS_ENDPOINT,
  relay: settings.ADMIN_CENTER_RELAY_HOST,
  zone,
  proxyTarget: settings.ADMIN_CENTER_PROXY_TARGET,
  sessionPort: settings.ADMIN_CENTER_SESSION_PORT,
  resourceManager: settings.ADMIN_CENTER_ARM_ENDPOINT,
  cosmos: settings.ADMIN_CENTER_COSMOS_ENDPOINT,
  vault: settings.ADMIN_CENTER_VAULT_URL,
  certificateAuthorities: settings.ADMIN_CENTER_CERTIFICATE_AUTHORITIES.map((authority) => ({
    name: authority.name,
    directory: 'directory' in authority ? authority.directory : undefined,
  })),
  resolvers: settings.ADMIN_CENTER_DNS_RESOLVERS,
  platformHosts: settings.ADMIN_CENTER_PLATFORM_HOSTS,
  regions: settings.ADMIN_CENTER_REGIONS ?? [],
});
