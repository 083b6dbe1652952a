import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type AzureDnsCallsOptions, createAzureDnsCalls } from './azure-dns-calls.ts';
import { createAzureDnsNames } from './azure-dns-names.ts';
import { createAzureDnsTexts } from './azure-dns-texts.ts';

export interface AzureDnsZoneOptions extends AzureDnsCallsOptions {
  now: () => Date;
}

/** One Azure DNS zone. Throws `configuration_incomplete` for an id that is not one of a zone. */
export function createAzureDnsZone(options: AzureDnsZoneOptions): DnsZone {
  const calls = createAzureDnsCalls(options);
  return {
    zone: calls.zone,
    ...createAzureDnsNames(calls),
    ...createAzureDnsTexts(calls, options.now),
    nameServers: () => calls.nameServers(),
  };
}
