import type { DnsRecordType } from '#local/kit/boundaries.ts';
import { recordsOf } from './records.ts';
import { type Resolution, rcodes } from './resolution.ts';

const lyingTtlSeconds = 60;
const recordTypes: readonly string[] = [
  'A',
  'AAAA',
  'CNAME',
  'TXT',
  'NS',
  'SOA',
  'CAA',
] satisfies DnsRecordType[];
const isRecordType = (type: string): type is DnsRecordType => recordTypes.includes(type);

/** The response code for a fault's HTTP status: refused, no such name, else the server failed. */
export function rcodeOfStatus(status: number): number {
  if (status === 403) return rcodes.refused;
  return status === 404 ? rcodes.nameError : rcodes.serverFailure;
}

/** These values as the truth for the name that was asked for; none at all is NODATA. */
export function lieAbout(question: { name: string; type: string }, values: readonly string[]): Resolution {
  const { name, type } = question;
  const answers = isRecordType(type) ? recordsOf(name, { type, ttlSeconds: lyingTtlSeconds, values }) : [];
  return { rcode: rcodes.noError, authoritative: true, answers, authorities: [] };
}
