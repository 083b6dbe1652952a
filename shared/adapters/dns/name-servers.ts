import { AppError } from '#shared/domain/error.ts';
import type { Questions } from './questions.ts';

/** One authoritative server; without addresses nobody can ask it. */
export interface NameServer {
  name: string;
  addresses: readonly string[];
}

export interface NameServers {
  /** Where a server is found. */
  locate(name: string): Promise<NameServer>;
  /** The servers of a zone as the world is told. `dns_delegation_broken` when it is told none. */
  of(zone: string): Promise<readonly NameServer[]>;
}

/** Servers change rarely and are asked for once for every order: one minute is short beside any delegation's TTL. */
const keptMs = 60_000;

export const unanswered = (what: string, word: string): AppError =>
  new AppError('dns_unavailable', `${what}: ${word}`);

export function createNameServers(resolver: Questions, now: () => Date): NameServers {
  const kept = new Map<string, { servers: readonly NameServer[]; until: number }>();

  async function locate(name: string): Promise<NameServer> {
    const found = await resolver.addresses(name);
    return { name, addresses: 'records' in found ? found.records : [] };
  }

  return {
    locate,
    async of(zone) {
      const known = kept.get(zone);
      if (known && now().getTime() < known.until) return known.servers;
      const told = await resolver.nameServers(zone);
      if ('failure' in told) {
        if (told.failure === 'silent') throw unanswered(`name servers of ${zone}`, told.word);
        throw new AppError('dns_delegation_broken', `${zone} has no name servers: ${told.word}`);
      }
      const servers = await Promise.all([...new Set(told.records)].toSorted().map(locate));
      if (servers.every(({ addresses }) => addresses.length > 0))
        kept.set(zone, { servers, until: now().getTime() + keptMs });
      return servers;
    },
  };
}
