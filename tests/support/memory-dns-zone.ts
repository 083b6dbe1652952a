import type { DnsZone } from '#shared/ports/dns-zone.ts';

/** A zone in memory; `names` and `texts` show what is published. */
export function createMemoryDnsZone(zone: string) {
  const names = new Map<string, string>();
  const texts = new Map<string, Set<string>>();
  return {
    zone,
    names,
    /** TXT values by relative name; a name without values is not there. */
    texts,
    async pointName(relativeName: string, target: string) {
      names.set(relativeName, target);
    },
    async removeName(relativeName: string) {
      names.delete(relativeName);
    },
    async addTextValues(relativeName: string, values: readonly string[]) {
      texts.set(relativeName, new Set([...(texts.get(relativeName) ?? []), ...values]));
    },
    async removeTextValues(relativeName: string, values: readonly string[]) {
      const left = new Set([...(texts.get(relativeName) ?? [])].filter((value) => !values.includes(value)));
      if (left.size > 0) texts.set(relativeName, left);
      else texts.delete(relativeName);
    },
  } satisfies DnsZone & Record<string, unknown>;
}
