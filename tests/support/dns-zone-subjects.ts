import { isIP } from 'node:net';
import { DefaultAzureCredential } from '@azure/identity';
import { createManualClock } from '#local/kit/clock.ts';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { call, groupId, startCloud, versions, zone } from '../contract/resource-manager/cloud.ts';
import { createMemoryDnsZone } from './memory-dns-zone.ts';

const start = Date.parse('2026-11-21T12:00:00Z');

/** One implementation of the port, and what the world sees of its zone. */
export interface DnsZoneSubject {
  dns: DnsZone;
  /** Moves the subject's clock. */
  advance(ms: number): void;
  /** Where the name points, or undefined. */
  targetAt(relativeName: string): string | undefined;
  /** Everything that the name points at, `CNAME proxy.example.net` for example. */
  pointersAt(relativeName: string): string[];
  textsAt(relativeName: string): string[];
  /** Puts a record there as somebody else would. */
  addForeign(relativeName: string, type: 'CNAME' | 'TXT', value: string): Promise<void>;
}

const typeOf = (target: string): string => ({ 4: 'A', 6: 'AAAA' })[isIP(target)] ?? 'CNAME';

export async function openMemory(): Promise<DnsZoneSubject> {
  const clock = createManualClock(start);
  const dns = createMemoryDnsZone(zone, clock.now);
  return {
    dns,
    advance: (ms) => clock.advance(ms),
    targetAt: (name) => dns.names.get(name),
    pointersAt: (name) => [dns.names.get(name) ?? []].flat().map((target) => `${typeOf(target)} ${target}`),
    textsAt: (name) => [...(dns.texts.get(name) ?? [])],
    async addForeign(name, type, value) {
      dns.foreign.add(name);
      if (type === 'CNAME') dns.names.set(name, value);
      else dns.texts.set(name, new Set([value]));
    },
  };
}

/** The adapter on the stand-in, over the wire. */
export async function openAzure(): Promise<DnsZoneSubject> {
  const cloud = await startCloud();
  const clock = createManualClock(start);
  const zoneId = `${groupId}/providers/Microsoft.Network/dnszones/${zone}`;
  const dns = createAzureDnsZone({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com',
    credential: new DefaultAzureCredential(),
    zoneId,
    now: () => new Date(clock.now()),
  });
  const somebody = cloud.clientOf();
  const at = (name: string) => cloud.arm.zones.recordSets(zone, name);
  const pointers = (name: string) => at(name).filter(({ type }) => /^(CNAME|A|AAAA)$/.test(type));
  return {
    dns,
    advance: (ms) => clock.advance(ms),
    targetAt: (name) => pointers(name)[0]?.values[0],
    pointersAt: (name) =>
      pointers(name).flatMap(({ type, values }) => values.map((value) => `${type} ${value}`)),
    textsAt: (name) => [...(at(name).find(({ type }) => type === 'TXT')?.values ?? [])],
    async addForeign(name, type, value) {
      const records =
        type === 'TXT' ? { TXTRecords: [{ value: [value] }] } : { CNAMERecord: { cname: value } };
      const body = { properties: { TTL: 60, metadata: { purpose: 'their own' }, ...records } };
      await call(somebody, 'put', `${zoneId}/${type}/${name}`, versions.dns, { body });
    },
  };
}
