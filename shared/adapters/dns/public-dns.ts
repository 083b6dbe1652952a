import type { CaaRecord } from '#shared/domain/caa.ts';
import type { DelegationReport, PublicDns } from '#shared/ports/public-dns.ts';
import { findCaa } from './caa-search.ts';
import { checkDelegation } from './delegation.ts';
import { createKept } from './kept.ts';
import { createNameServers, type NameServer } from './name-servers.ts';
import { createQuestions, plain, serverAt } from './questions.ts';

export interface PublicDnsOptions {
  /** Resolvers to ask, `address:port` each; the system's when empty. */
  resolvers: readonly string[];
  /** Port of authoritative servers: 53, except where there is a DNS of one's own. */
  serverPort: number;
  /** Servers that listen on another port, by name: several may share an address. */
  serverPorts?: ReadonlyMap<string, number>;
  now: () => Date;
  /** How long one server may take to answer one question, in milliseconds. */
  timeoutMs?: number;
}

/**
 * What holds for the whole zone, its delegation and the CAA sets above it, is asked for once for many orders. A
 * minute is short beside any TTL of theirs; a fault is never kept.
 */
const keptMs = 60_000;
/** Long enough for the far side of the world and a lost datagram. */
const defaultTimeoutMs = 6000;

/** The public DNS, asked through Node's own resolver. */
export function createPublicDns(options: PublicDnsOptions): PublicDns {
  const { serverPort, serverPorts, timeoutMs = defaultTimeoutMs } = options;
  const resolver = createQuestions(options.resolvers, timeoutMs);
  const servers = createNameServers(resolver, options.now);
  const now = () => options.now().getTime();
  const goodReports = createKept<DelegationReport>(keptMs, now);
  const upperSets = createKept<CaaRecord[]>(keptMs, now);
  const askAt = ({ name }: NameServer, address: string) =>
    createQuestions([serverAt(address, serverPorts?.get(name) ?? serverPort)], timeoutMs);

  /** What this server lacks at any of its addresses; one that cannot be asked lacks everything. */
  async function missingAt(server: NameServer, name: string, values: readonly string[]): Promise<string[]> {
    const shown = await Promise.all(
      server.addresses.map(async (address) => {
        const found = await askAt(server, address).texts(name);
        return new Set('records' in found ? found.records : []);
      }),
    );
    return values.filter((value) => shown.length === 0 || shown.some((texts) => !texts.has(value)));
  }

  return {
    checkDelegation: (zone, expected) =>
      goodReports(
        [zone, ...expected].join(' '),
        () => checkDelegation(plain(zone), expected, resolver, servers, askAt),
        ({ faults }) => faults.length === 0,
      ),
    async findMissingText(zone, name, values) {
      const answers = await Promise.all(
        (await servers.of(plain(zone))).map(async (server) => ({
          server: server.name,
          missing: await missingAt(server, name, values),
        })),
      );
      return answers.filter(({ missing }) => missing.length > 0);
    },
    findCaa: (name) => findCaa(name, resolver, upperSets),
  };
}
