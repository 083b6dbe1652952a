import type { Answer } from 'dns-packet';
import type { DnsRecordSet, DnsZones } from '#local/kit/boundaries.ts';
import { negativeSoa, recordsOf } from './records.ts';

/** RFC 1035 section 4.1.1 and RFC 6891 (BADVERS). */
export const rcodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;

const codeNames: Readonly<Record<number, string>> = {
  [rcodes.noError]: 'NOERROR',
  [rcodes.formatError]: 'FORMERR',
  [rcodes.serverFailure]: 'SERVFAIL',
  [rcodes.nameError]: 'NXDOMAIN',
  [rcodes.notImplemented]: 'NOTIMP',
  [rcodes.refused]: 'REFUSED',
  [rcodes.badVersion]: 'BADVERS',
};

/** The code as dig prints it. */
export const codeName = (rcode: number): string => codeNames[rcode] ?? String(rcode);

export interface Resolution {
  rcode: number;
  authoritative: boolean;
  answers: Answer[];
  authorities: Answer[];
}

/** A chain of aliases is followed this far; a loop then answers what was found. */
const longestAliasChain = 8;
const localTtlSeconds = 60;

interface Found {
  sets: readonly DnsRecordSet[];
  exists: boolean;
}

function relativeTo(zone: string, name: string): string {
  return name === zone ? '@' : name.slice(0, -zone.length - 1);
}

/** The record sets at a name, or those of the wildcard below its closest encloser (RFC 4592 section 3.3.1). */
function findSets(zones: DnsZones, zone: string, relative: string): Found {
  if (relative === '@' || zones.exists(zone, relative)) {
    return { sets: zones.recordSets(zone, relative), exists: true };
  }
  const labels = relative.split('.');
  for (let depth = 1; depth <= labels.length; depth++) {
    const encloser = labels.slice(depth).join('.');
    if (encloser !== '' && !zones.exists(zone, encloser)) continue;
    const wildcard = encloser === '' ? '*' : `*.${encloser}`;
    return { sets: zones.recordSets(zone, wildcard), exists: zones.exists(zone, wildcard) };
  }
  return { sets: [], exists: false };
}

/** The NS set of the highest zone cut at or above a name and below the apex: a delegation. */
function findDelegation(zones: DnsZones, zone: string, relative: string): Answer[] | undefined {
  if (relative === '@') return undefined;
  const labels = relative.split('.');
  for (let start = labels.length - 1; start >= 0; start--) {
    const cut = labels.slice(start).join('.');
    const servers = zones.recordSets(zone, cut).find((set) => set.type === 'NS');
    if (servers) return recordsOf(`${cut}.${zone}`, servers);
  }
  return undefined;
}

/**
 * Names at and below `localhost` are this machine (RFC 6761 section 6.3), name servers of the zones among them. The
 * stand-ins listen on IPv4 alone, so that is all there is.
 */
function resolveLocal(owner: string, type: string): Resolution | undefined {
  if (!/(^|\.)localhost$/i.test(owner)) return undefined;
  const set: DnsRecordSet = { type: 'A', ttlSeconds: localTtlSeconds, values: ['127.0.0.1'] };
  const answers = type === 'A' || type === 'ANY' ? recordsOf(owner, set) : [];
  return { rcode: rcodes.noError, authoritative: true, answers, authorities: [] };
}

/**
 * Answers one question as an authoritative server does (RFC 1034 section 4.3.2), in this order: outside every
 * zone this machine for names of `localhost`, else REFUSED; below a delegation a referral; an alias followed while
 * its target is ours (RFC 6604: the code is that of the last name); records; NODATA or NXDOMAIN with the zone's SOA
 * (RFC 2308).
 */
export function resolve(zones: DnsZones, question: { name: string; type: string }): Resolution {
  const answers: Answer[] = [];
  let owner = question.name;
  for (let step = 0; step < longestAliasChain; step++) {
    const name = owner.toLowerCase();
    const zone = zones.zoneOf(name);
    if (zone === undefined) {
      const local = resolveLocal(owner, question.type);
      if (local) return { ...local, answers: [...answers, ...local.answers] };
      const rcode = step === 0 ? rcodes.refused : rcodes.noError;
      return { rcode, authoritative: step > 0, answers, authorities: [] };
    }
    const relative = relativeTo(zone, name);
    const referral = findDelegation(zones, zone, relative);
    if (referral) {
      return { rcode: rcodes.noError, authoritative: step > 0, answers, authorities: referral };
    }
    const { sets, exists } = findSets(zones, zone, relative);
    const matching = sets.filter((set) => question.type === 'ANY' || set.type === question.type);
    if (matching.length > 0) {
      answers.push(...matching.flatMap((set) => recordsOf(owner, set)));
      return { rcode: rcodes.noError, authoritative: true, answers, authorities: [] };
    }
    const alias = sets.find((set) => set.type === 'CNAME');
    const target = alias?.values[0];
    if (!alias || target === undefined) {
      const soa = zones.recordSets(zone, '@').find((set) => set.type === 'SOA');
      return {
        rcode: exists ? rcodes.noError : rcodes.nameError,
        authoritative: true,
        answers,
        authorities: soa ? negativeSoa(zone, soa) : [],
      };
    }
    answers.push(...recordsOf(owner, alias));
    owner = target.replace(/\.$/, '');
  }
  return { rcode: rcodes.noError, authoritative: true, answers, authorities: [] };
}
