import type { DelegationReport } from '#shared/ports/public-dns.ts';
import { type NameServer, type NameServers, unanswered } from './name-servers.ts';
import { plain, type Questions } from './questions.ts';

const list = (names: readonly string[]): string => names.join(', ');
const sorted = (names: Iterable<string>): string[] => [...new Set([...names].map(plain))].toSorted();

/** What is wrong at one address of a server of the zone. */
async function faultAt(
  zone: string,
  server: string,
  ask: Questions,
  expected: readonly string[],
): Promise<string | undefined> {
  const primary = await ask.primary(zone);
  if ('failure' in primary) {
    if (primary.failure === 'silent') return `${server} does not answer: ${primary.word}`;
    return `${server} does not serve ${zone}: ${primary.word}`;
  }
  const own = await ask.nameServers(zone);
  if ('failure' in own) return `${server} names no servers of ${zone}: ${own.word}`;
  const names = sorted(own.records);
  return list(names) === list(expected)
    ? undefined
    : `${server} says that ${zone} is served by ${list(names)}`;
}

/**
 * Compares what the resolver is told with the servers that the zone itself was given, all of them, and asks each
 * server of either for the zone; everything that is wrong is reported together. A server that has no answer of its
 * own refuses or knows nothing, which is what is looked for: the header bit (AA) does not reach a program here.
 */
export async function checkDelegation(
  zone: string,
  given: readonly string[],
  resolver: Questions,
  servers: Pick<NameServers, 'locate'>,
  askAt: (server: NameServer, address: string) => Questions,
): Promise<DelegationReport> {
  const expected = sorted(given);
  const told = await resolver.nameServers(zone);
  if ('failure' in told && told.failure === 'silent') throw unanswered(`delegation of ${zone}`, told.word);
  const delegatedTo = 'records' in told ? sorted(told.records) : [];
  const faults: string[] = [];
  if ('failure' in told) faults.push(`${zone} is not delegated: ${told.word}`);
  else {
    for (const name of expected)
      if (!delegatedTo.includes(name)) faults.push(`${zone} is not delegated to its server ${name}`);
    for (const name of delegatedTo)
      if (!expected.includes(name))
        faults.push(`${zone} is delegated to ${name}, which is not one of its servers`);
  }
  const found = await Promise.all(
    sorted([...expected, ...delegatedTo]).map(async (name) => {
      const server = await servers.locate(name);
      if (server.addresses.length === 0) return [`${name} has no address`];
      return Promise.all(
        server.addresses.map((address) =>
          faultAt(zone, `${name} (${address})`, askAt(server, address), expected),
        ),
      );
    }),
  );
  return { delegatedTo, faults: [...faults, ...found.flat().filter((fault) => fault !== undefined)] };
}
