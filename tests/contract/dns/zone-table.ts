import type { DnsRecordSet, DnsZones } from '#local/kit/boundaries.ts';

/** Zones as a table that a test may change between two questions: zone, then relative name, then record sets. */
export type ZoneTable = Record<string, Record<string, DnsRecordSet[]>>;

export function zonesOf(table: ZoneTable): DnsZones {
  return {
    zoneOf: (name) =>
      Object.keys(table)
        .filter((zone) => name === zone || name.endsWith(`.${zone}`))
        .sort((a, b) => b.length - a.length)[0],
    recordSets: (zone, relative) => table[zone]?.[relative] ?? [],
    exists: (zone, relative) =>
      Object.entries(table[zone] ?? {}).some(
        ([name, sets]) => sets.length > 0 && (name === relative || name.endsWith(`.${relative}`)),
      ),
  };
}

export const soa: DnsRecordSet = {
  type: 'SOA',
  ttlSeconds: 3600,
  values: ['ns1.wac.localhost. hostmaster.wac.localhost. 7 3600 300 2419200 60'],
};
