import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type AzureDnsCallsOptions, createAzureDnsCalls } from './azure-dns-calls.ts';
import { createAzureDnsNames } from './azure-dns-names.ts';
import { createAzureDnsTexts } from './azure-dns-texts.ts';
import { remembered } from './remembered.ts';

export interface AzureDnsZoneOptions extends AzureDnsCallsOptions {
  now: () => Date;
}

/** A zone keeps its servers for life; it is asked again in case it was made anew. */
const serversKeptMs = 5 * 60_000;

/** One Azure DNS zone. Throws `configuration_incomplete` for an id that is not one of a zone. */
export function createAzureDnsZone(options: AzureDnsZoneOptions): DnsZone {
  const calls = createAzureDnsCalls(options);
  const now = () => options.now().getTime();
  return {
    zone: calls.zone,
    ...createAzureDnsNames(calls),
    ...createAzureDnsTexts(calls, options.now),
    nameServers: remembered(() => calls.nameServers(), serversKeptMs, now),
  };
}
