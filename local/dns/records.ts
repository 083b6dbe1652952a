import { Buffer } from 'node:buffer';
import type { Answer, CaaData, SoaData } from 'dns-packet';
import type { DnsRecordSet } from '#local/kit/boundaries.ts';

/** A character string of a TXT record holds at most 255 octets (RFC 1035 section 3.3). */
const longestString = 255;

function characterStrings(value: string): Buffer[] {
  const bytes = Buffer.from(value);
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += longestString) {
    strings.push(bytes.subarray(at, at + longestString));
  }
  return strings.length > 0 ? strings : [Buffer.alloc(0)];
}

/** Reads `mname rname serial refresh retry expire minimum`. */
function parseSoa(text: string): SoaData {
  const [mname = '.', rname = '.', ...numbers] = text.trim().split(/\s+/);
  const [serial = 1, refresh = 3600, retry = 300, expire = 2_419_200, minimum = 300] = numbers.map(Number);
  return { mname, rname, serial, refresh, retry, expire, minimum };
}

/** Reads `flags tag "value"` (RFC 8659 section 4.1.1). */
function parseCaa(text: string): CaaData {
  const [, flags = '0', tag = 'issue', value = ''] = /^(\d+)\s+(\w+)\s+"?(.*?)"?$/s.exec(text.trim()) ?? [];
  return { flags: Number(flags), tag: tag as CaaData['tag'], value };
}

/** The resource records of one set, owned by `owner` (the name asked for when a wildcard was expanded). */
export function recordsOf(owner: string, set: DnsRecordSet): Answer[] {
  const { type, values, ttlSeconds: ttl } = set;
  return values.map((value): Answer => {
    switch (type) {
      case 'A':
      case 'AAAA':
      case 'CNAME':
      case 'NS':
        return { type, name: owner, ttl, data: value };
      case 'TXT':
        return { type, name: owner, ttl, data: characterStrings(value) };
      case 'SOA':
        return { type, name: owner, ttl, data: parseSoa(value) };
      case 'CAA':
        return { type, name: owner, ttl, data: parseCaa(value) };
      default:
        return type satisfies never;
    }
  });
}

/** The SOA of a negative answer: its TTL is the lesser of its own and MINIMUM (RFC 2308 section 3). */
export function negativeSoa(zone: string, set: DnsRecordSet): Answer[] {
  return recordsOf(zone, set).map((record) =>
    record.type === 'SOA'
      ? { ...record, ttl: Math.min(set.ttlSeconds, record.data.minimum ?? set.ttlSeconds) }
      : record,
  );
}
