import type { CaaRecord } from '#shared/domain/caa.ts';
import type { PublicDns } from '#shared/ports/public-dns.ts';
import type { MemoryDnsZone } from './memory-dns-zone.ts';

/**
 * The world's view of a zone in memory: well delegated, TXT values seen at once, no CAA. Tests change `faults` (of
 * the delegation), `hidden` (values that no server shows yet) and `caa` (records by absolute name).
 */
export function createMemoryPublicDns(dns: MemoryDnsZone) {
  const faults: string[] = [];
  const hidden = new Set<string>();
  const caa = new Map<string, CaaRecord[]>();
  return {
    faults,
    hidden,
    caa,
    async checkDelegation(_zone: string, expected: readonly string[]) {
      return { delegatedTo: [...expected], faults: [...faults] };
    },
    async findMissingText(zone: string, name: string, values: readonly string[]) {
      const present = dns.texts.get(name.slice(0, -(zone.length + 1))) ?? new Set();
      const missing = values.filter((value) => !present.has(value) || hidden.has(value));
      const [server = zone] = await dns.nameServers();
      return missing.length > 0 ? [{ server, missing }] : [];
    },
    async findCaa(name: string) {
      const labels = name.replace(/^\*\./, '').split('.');
      for (let depth = 0; depth < labels.length; depth += 1) {
        const records = caa.get(labels.slice(depth).join('.'));
        if (records && records.length > 0) return [...records];
      }
      return [];
    },
  } satisfies PublicDns & Record<string, unknown>;
}
