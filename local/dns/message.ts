import type { Buffer } from 'node:buffer';
import {
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type OptAnswer,
  type Question,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { type Resolution, rcodes } from './resolution.ts';

const headerBytes = 12;
/** Without EDNS a UDP answer holds 512 octets (RFC 1035 section 2.3.4). */
const classicUdpBytes = 512;
/** What this server takes and gives over UDP at most: the value that avoids fragments (DNS flag day 2020). */
const ednsUdpBytes = 1232;

export interface Query {
  id: number;
  /** Opcode and the RD bit, as they were sent: both are echoed. */
  echoedFlags: number;
  question: Question | undefined;
  edns: OptAnswer | undefined;
  /** Set when the query is answered with an error before any zone is looked at. */
  rcode: number | undefined;
}

function decodeOrUndefined(bytes: Buffer): DecodedPacket | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The question is echoed by encoding it again: a name that this does not reproduce (a label with a dot inside
 * or that is not UTF-8) would be answered under another name, so it is a format error.
 */
function isReproducible(bytes: Buffer, question: Question): boolean {
  try {
    const again = encode({ questions: [question] }).subarray(headerBytes);
    return again.equals(bytes.subarray(headerBytes, headerBytes + again.length));
  } catch {
    return false;
  }
}

/** Reads a query; undefined is what no answer can be made to: less than a header, or itself an answer. */
export function parseQuery(bytes: Buffer): Query | undefined {
  if (bytes.length < headerBytes) return undefined;
  const flags = bytes.readUInt16BE(2);
  if (flags & 0x8000) return undefined;
  const opcode = (flags >> 11) & 0xf;
  const query: Query = {
    id: bytes.readUInt16BE(0),
    echoedFlags: (opcode << 11) | (flags & RECURSION_DESIRED),
    question: undefined,
    edns: undefined,
    rcode: undefined,
  };
  if (opcode !== 0) return { ...query, rcode: rcodes.notImplemented };
  // Counts are checked before the decoder makes lists of them: a query has one question and at most an OPT and a TSIG.
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0 || (additionals ?? 0) > 2) {
    return { ...query, rcode: rcodes.formatError };
  }
  const packet = decodeOrUndefined(bytes);
  const question = packet?.questions?.[0];
  if (!packet || !question || !isReproducible(bytes, question)) {
    return { ...query, rcode: rcodes.formatError };
  }
  query.question = question;
  query.edns = packet.additionals?.find((record): record is OptAnswer => record.type === 'OPT');
  if (query.edns && query.edns.ednsVersion !== 0) query.rcode = rcodes.badVersion;
  else if (question.class !== 'IN' && question.class !== 'ANY') query.rcode = rcodes.refused;
  else if (question.type === 'AXFR' || question.type === 'IXFR') query.rcode = rcodes.refused;
  return query;
}

/** The most that a UDP answer to this query may hold. */
export function udpLimit(query: Query): number {
  if (!query.edns) return classicUdpBytes;
  return Math.min(Math.max(query.edns.udpPayloadSize, classicUdpBytes), ednsUdpBytes);
}

export const errorResolution = (rcode: number): Resolution => ({
  rcode,
  authoritative: false,
  answers: [],
  authorities: [],
});

/** The answer's bytes; one that would be longer than `maxBytes` is sent empty with TC (RFC 2181 section 9). */
export function encodeReply(query: Query, resolution: Resolution, maxBytes: number): Buffer {
  const { rcode, authoritative, answers, authorities } = resolution;
  const flags = query.echoedFlags | (authoritative ? AUTHORITATIVE_ANSWER : 0) | (rcode & 0xf);
  const edns: OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: ednsUdpBytes,
    extendedRcode: rcode >> 4,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  const frame = {
    type: 'response' as const,
    id: query.id,
    questions: query.question ? [query.question] : [],
    additionals: query.edns ? [edns] : [],
  };
  const whole = encode({ ...frame, flags, answers, authorities });
  if (whole.length <= maxBytes) return whole;
  return encode({ ...frame, flags: flags | TRUNCATED_RESPONSE });
}
