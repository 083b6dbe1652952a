import type { CaaRecord } from '#shared/domain/caa.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { PublicDns } from '#shared/ports/public-dns.ts';
import { createMemoryDnsZone } from '../support/memory-dns-zone.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** How long a change takes until all servers show it. */
const usual = { least: secondMs, most: 20 * secondMs };
/** A slow server takes the zone over as often, everything at once; now and then it misses a change. */
const slow = { everyMs: 12 * minuteMs, missing: 1 / 20 };

/** A zone whose changes the world sees later. */
export function createSimulatedDns(zoneName: string, time: VirtualTime, random: SeededRandom) {
  const held = createMemoryDnsZone(zoneName, time.now);
  const visibleAt = new Map<string, number>();
  const settings: { isSlow: boolean; caa: CaaRecord[] } = { isSlow: false, caa: [] };
  const relativeTo = (name: string) => name.slice(0, -(zoneName.length + 1));

  function nextTransfer(): number {
    const next = Math.ceil((time.now() + 1) / slow.everyMs) * slow.everyMs;
    return random.chance(slow.missing) ? next + 2 * slow.everyMs : next;
  }

  /** What the world sees at an absolute name. */
  function textValues(name: string): ReadonlySet<string> {
    const relativeName = relativeTo(name);
    const isSeen = (visibleAt.get(relativeName) ?? 0) <= time.now();
    return (isSeen && held.texts.get(relativeName)) || new Set<string>();
  }

  const dns: DnsZone = {
    ...held,
    async addTextValues(relativeName, values) {
      await held.addTextValues(relativeName, values);
      visibleAt.set(
        relativeName,
        settings.isSlow ? nextTransfer() : time.now() + random.between(usual.least, usual.most),
      );
    },
  };
  const publicDns: PublicDns = {
    async checkDelegation(_zone, expected) {
      return { delegatedTo: [...expected], faults: [] };
    },
    async findMissingText(_zone, name, values) {
      const seen = textValues(name);
      const missing = values.filter((value) => !seen.has(value));
      return missing.length > 0 ? [{ server: `ns1.${zoneName}`, missing }] : [];
    },
    async findCaa() {
      return settings.caa;
    },
  };
  return { dns, publicDns, settings, textValues, texts: held.texts };
}
