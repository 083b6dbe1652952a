import type { CaaRecord as CaaAnswer } from 'node:dns';
import type { CaaRecord } from '#shared/domain/caa.ts';
import type { Kept } from './kept.ts';
import { unanswered } from './name-servers.ts';
import { plain, type Questions } from './questions.ts';

/** Aliases of one name are followed this far; a longer chain has no answer that an authority would find. */
const longestAliasChain = 8;
/** RFC 8659 section 4.1: bit 0, the most significant one. */
const criticalBit = 0x80;

/** A record comes as `{ type: 'CAA', critical: flags, <tag>: value }`. */
function readRecord(record: CaaAnswer): CaaRecord[] {
  const critical = (record.critical & criticalBit) !== 0;
  return Object.entries<unknown>({ ...record }).flatMap(([tag, value]) =>
    tag !== 'type' && typeof value === 'string' ? [{ critical, tag: tag.toLowerCase(), value }] : [],
  );
}

/** The set at a name or at what it is an alias of. An authority does not issue where it gets no answer. */
async function findAt(name: string, resolver: Questions): Promise<CaaRecord[]> {
  let asked = name;
  for (let step = 0; step < longestAliasChain; step += 1) {
    const found = await resolver.caa(asked);
    if ('records' in found) return found.records.flatMap(readRecord);
    if (found.failure !== 'none') throw unanswered(`CAA of ${asked}`, found.word);
    // A resolver follows aliases by itself; a server that only answers for its own zones leaves some to us.
    const alias = await resolver.alias(asked);
    if ('failure' in alias) {
      if (alias.failure !== 'none') throw unanswered(`CNAME of ${asked}`, alias.word);
      return [];
    }
    asked = alias.records[0] ?? asked;
  }
  return [];
}

/**
 * RFC 8659 section 3: the set at the name, else at the nearest name above it, up to the top-level domain. Aliases
 * are followed at each step; the climb goes on from the name itself. A wildcard has the set of its base. The name
 * itself is always asked for; the names above it are those of many others, and `upper` may know their sets.
 */
export async function findCaa(
  name: string,
  resolver: Questions,
  upper: Kept<CaaRecord[]>,
): Promise<CaaRecord[]> {
  const labels = plain(name).replace(/^\*\./, '').split('.');
  for (let depth = 0; depth < labels.length; depth += 1) {
    const at = labels.slice(depth).join('.');
    const ask = () => findAt(at, resolver);
    const records = await (depth === 0 ? ask() : upper(at, ask));
    if (records.length > 0) return records;
  }
  return [];
}
