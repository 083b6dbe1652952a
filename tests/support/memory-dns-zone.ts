import { AppError } from '#shared/domain/error.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';

/** A zone in memory; `names` and `texts` show what is published. */
export function createMemoryDnsZone(zone: string, now: () => number = Date.now) {
  const names = new Map<string, string>();
  const texts = new Map<string, Set<string>>();
  const owners = new Map<string, string>();
  const touched = new Map<string, number>();
  /** Names at which somebody else's record set stands. */
  const foreign = new Set<string>();

  const requireOurs = (relativeName: string): void => {
    if (!foreign.has(relativeName)) return;
    throw new AppError('dns_record_foreign', `${relativeName}.${zone} was not made by us`, {
      facts: { record: `${relativeName}.${zone}` },
    });
  };

  return {
    zone,
    names,
    /** TXT values by relative name; a name without values is not there. */
    texts,
    /** Machine ids by relative name. */
    owners,
    /** When a value was last added, by relative name; a set that a test made is as old as time. */
    touched,
    foreign,
    async pointName(relativeName: string, target: string, owner: string) {
      requireOurs(relativeName);
      const present = owners.get(relativeName);
      if (present !== undefined && present !== owner)
        throw new AppError('dns_name_taken', `${relativeName}.${zone} points for another machine`);
      owners.set(relativeName, owner);
      names.set(relativeName, target);
    },
    async removeName(relativeName: string, owner: string) {
      if (foreign.has(relativeName) || owners.get(relativeName) !== owner) return;
      owners.delete(relativeName);
      names.delete(relativeName);
    },
    async addTextValues(relativeName: string, values: readonly string[]) {
      const present = texts.get(relativeName) ?? new Set();
      const wanted = new Set([...present, ...values]);
      if (wanted.size === present.size) return;
      requireOurs(relativeName);
      texts.set(relativeName, wanted);
      touched.set(relativeName, now());
    },
    async removeTextValues(relativeName: string, values: readonly string[]) {
      const present = texts.get(relativeName) ?? new Set();
      const left = new Set([...present].filter((value) => !values.includes(value)));
      if (left.size === present.size) return;
      requireOurs(relativeName);
      if (left.size > 0) texts.set(relativeName, left);
      else texts.delete(relativeName);
    },
    async listProofs() {
      return [...texts]
        .filter(([name]) => name.split('.')[0] === '_acme-challenge' && !foreign.has(name))
        .map(([relativeName, values]) => ({
          relativeName,
          values: [...values],
          touchedAt: new Date(touched.get(relativeName) ?? 0).toISOString(),
        }));
    },
    async nameServers() {
      return [`ns1.${zone}`];
    },
  } satisfies DnsZone & Record<string, unknown>;
}

export type MemoryDnsZone = ReturnType<typeof createMemoryDnsZone>;
