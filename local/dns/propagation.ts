import type { DnsRecordSet, DnsZones } from '#local/kit/boundaries.ts';
import type { Clock } from '#local/kit/clock.ts';

/** Names beyond this many are forgotten, the longest known first. */
const keptNames = 10_000;
/** Versions of one name; older ones can no longer be answered. */
const keptVersions = 16;

interface Version<T> {
  seenAt: number;
  text: string;
  value: T;
}

/** What was seen at each key and when; `before` is what a key held that nobody had asked for yet. */
function createMemory<T>(clock: Clock, before: T) {
  const known = new Map<string, Version<T>[]>();
  return (key: string, value: T, ageMs: number): T => {
    const now = clock.now();
    const versions = known.get(key) ?? [];
    const text = JSON.stringify(value);
    if (versions.at(-1)?.text !== text) {
      versions.push({ seenAt: now, text, value });
      if (versions.length > keptVersions) versions.shift();
      known.set(key, versions);
      for (const oldest of known.keys()) {
        if (known.size <= keptNames) break;
        known.delete(oldest);
      }
    }
    if (ageMs <= 0) return value;
    return versions.findLast(({ seenAt }) => seenAt <= now - ageMs)?.value ?? before;
  };
}

/**
 * Zones as they were some time ago, for a propagation delay. A change begins to spread when this server first sees
 * it, that is at the first question for the name; a name that was never asked for did not exist before that.
 */
export function createPropagation(zones: DnsZones, clock: Clock): { asOf(ageMs: number): DnsZones } {
  const rememberSets = createMemory<readonly DnsRecordSet[]>(clock, []);
  const rememberExistence = createMemory(clock, false);
  return {
    asOf: (ageMs) => ({
      zoneOf: (name) => zones.zoneOf(name),
      recordSets(zone, relativeName) {
        const sets = zones.recordSets(zone, relativeName);
        // The apex is as old as the zone: without its SOA no negative answer could be made.
        return relativeName === '@' ? sets : rememberSets(`${zone} ${relativeName}`, sets, ageMs);
      },
      exists: (zone, relativeName) =>
        rememberExistence(`${zone} ${relativeName}`, zones.exists(zone, relativeName), ageMs),
    }),
  };
}
