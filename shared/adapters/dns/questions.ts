import type { CaaRecord as CaaAnswer } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { AppError } from '#shared/domain/error.ts';

/**
 * Why there are no records. `none`: the name or the type does not exist. `refused`: the server answers that it
 * cannot or will not. `silent`: no answer came in time.
 */
interface Failure {
  failure: 'none' | 'refused' | 'silent';
  /** As the DNS writes it: `NXDOMAIN`, `SERVFAIL`, `timeout`. */
  word: string;
}

type Outcome<T> = { records: T[] } | Failure;

const failures: Readonly<Record<string, Failure>> = {
  ENOTFOUND: { failure: 'none', word: 'NXDOMAIN' },
  ENODATA: { failure: 'none', word: 'no records' },
  EREFUSED: { failure: 'refused', word: 'REFUSED' },
  ESERVFAIL: { failure: 'refused', word: 'SERVFAIL' },
  ENOTIMP: { failure: 'refused', word: 'NOTIMP' },
  EFORMERR: { failure: 'refused', word: 'FORMERR' },
  EBADRESP: { failure: 'refused', word: 'an answer that cannot be read' },
  ETIMEOUT: { failure: 'silent', word: 'no answer in time' },
  ECONNREFUSED: { failure: 'silent', word: 'nobody listens' },
};

function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return failures[code] ?? { failure: 'silent', word: code };
}

/** An empty answer is no answer. */
async function outcomeOf<T>(asked: Promise<T[]>): Promise<Outcome<T>> {
  try {
    const records = await asked;
    return records.length > 0 ? { records } : { failure: 'none', word: 'no records' };
  } catch (error) {
    return failureOf(error);
  }
}

export const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

const allPlain = (names: readonly string[]): string[] => names.map(plain);
const allWhole = (values: readonly string[][]): string[] => values.map((strings) => strings.join(''));

/** `address:port` as a resolver takes it. */
export const serverAt = (address: string, port: number): string =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;

/** Questions to some servers: the next is asked when one does not answer. Names come back without a final dot. */
export interface Questions {
  addresses(name: string): Promise<Outcome<string>>;
  nameServers(zone: string): Promise<Outcome<string>>;
  /** The primary of the zone that its SOA record names. */
  primary(zone: string): Promise<Outcome<string>>;
  /** Each value whole, however many character-strings it was cut into. */
  texts(name: string): Promise<Outcome<string>>;
  alias(name: string): Promise<Outcome<string>>;
  caa(name: string): Promise<Outcome<CaaAnswer>>;
}

/** Tries of one question at one server; the second waits twice as long, so three thirds are the whole. */
const tries = 2;
const parts = 3;

/**
 * Asks these servers (`address:port`), or the system's when there are none; each has `timeoutMs` to answer. Throws
 * `configuration_incomplete` for what is no such address.
 */
export function createQuestions(servers: readonly string[], timeoutMs: number): Questions {
  // A resolver that has been used waits only as long as earlier answers took: each question has one of its own.
  const open = (): Resolver => {
    const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / parts), tries });
    if (servers.length > 0) resolver.setServers(servers);
    return resolver;
  };
  try {
    open();
  } catch (error) {
    const wanted = `'${servers.join(', ')}' are not DNS servers (address:port)`;
    throw new AppError('configuration_incomplete', wanted, { cause: error });
  }
  return {
    async addresses(name) {
      const four = await outcomeOf(open().resolve4(name));
      // A host that has only IPv6 may be out of our reach, one that has both is asked at what all can reach.
      return 'records' in four || four.failure === 'silent' ? four : outcomeOf(open().resolve6(name));
    },
    nameServers: (zone) => outcomeOf(open().resolveNs(zone).then(allPlain)),
    primary: (zone) =>
      outcomeOf(
        open()
          .resolveSoa(zone)
          .then(({ nsname }) => [plain(nsname)]),
      ),
    texts: (name) => outcomeOf(open().resolveTxt(name).then(allWhole)),
    alias: (name) => outcomeOf(open().resolveCname(name).then(allPlain)),
    caa: (name) => outcomeOf(open().resolveCaa(name)),
  };
}
