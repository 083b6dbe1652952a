import { ServiceBusError } from '../service-bus-error.ts';

/** Far above what any client nests (a batch of rules nests nine deep), far below what exhausts the stack. */
const deepestNesting = 32;
/** Elements of no width take memory when they are read and no byte on the wire. */
const mostEmptyElements = 1024;

const malformed = (what: string) => new ServiceBusError('framing', `The AMQP value is malformed: ${what}.`);

const fixedWidths: Readonly<Record<number, number>> = { 0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16 };

function readSize(bytes: Buffer, at: number, end: number, width: 1 | 4): number {
  if (at + width > end) throw malformed('it ends inside a length');
  return width === 1 ? bytes.readUInt8(at) : bytes.readUInt32BE(at);
}

interface Compound {
  count: number;
  first: number;
  limit: number;
}

function readCompound(bytes: Buffer, at: number, end: number, width: 1 | 4): Compound {
  const limit = at + width + readSize(bytes, at, end, width);
  if (limit > end) throw malformed('a list, map or array reaches beyond its end');
  return { count: readSize(bytes, at + width, limit, width), first: at + 2 * width, limit };
}

function skipArray(bytes: Buffer, at: number, end: number, width: 1 | 4, depth: number): number {
  const { count, first, limit } = readCompound(bytes, at, end, width);
  let code = bytes[first] ?? 0;
  let next = first + 1;
  if (code === 0) {
    next = skipValue(bytes, next, limit, depth + 1);
    code = bytes[next] ?? 0;
    next += 1;
  }
  if (next > limit) throw malformed('an array has no constructor');
  if (fixedWidths[code >>> 4] === 0 && count > mostEmptyElements)
    throw malformed('an array of nothing is too long');
  if (fixedWidths[code >>> 4] !== 0)
    for (let index = 0; index < count; index++) next = skipBody(bytes, code, next, limit, depth + 1);
  if (next !== limit) throw malformed('an array disagrees with its length');
  return limit;
}

function skipBody(bytes: Buffer, code: number, at: number, end: number, depth: number): number {
  const category = code >>> 4;
  const fixed = fixedWidths[category];
  if (fixed !== undefined) {
    if (at + fixed > end) throw malformed('it ends inside a value');
    return at + fixed;
  }
  const width = category % 2 === 0 ? 1 : 4;
  if (category === 0xa || category === 0xb) {
    const next = at + width + readSize(bytes, at, end, width);
    if (next > end) throw malformed('a string or binary reaches beyond its end');
    return next;
  }
  if (category === 0xe || category === 0xf) return skipArray(bytes, at, end, width, depth);
  if (category !== 0xc && category !== 0xd)
    throw malformed(`the type code 0x${code.toString(16)} is unknown`);
  const { count, first, limit } = readCompound(bytes, at, end, width);
  if ((code & 0xf) === 1 && count % 2 !== 0) throw malformed('a map has a key without a value');
  let next = first;
  for (let index = 0; index < count; index++) next = skipValue(bytes, next, limit, depth + 1);
  if (next !== limit) throw malformed('a list or map disagrees with its length');
  return limit;
}

/**
 * Walks one encoded AMQP value (AMQP 1.0 part 1) and answers where it ends. Every count is checked against the
 * bytes that are there, because rhea's reader trusts them: an array that claims four billion empty elements
 * would take all memory.
 */
export function skipValue(bytes: Buffer, at: number, end: number, depth = 0): number {
  if (depth > deepestNesting) throw malformed('it nests too deeply');
  if (at >= end) throw malformed('it ends before a value');
  const code = bytes.readUInt8(at);
  if (code !== 0) return skipBody(bytes, code, at + 1, end, depth);
  return skipValue(bytes, skipValue(bytes, at + 1, end, depth + 1), end, depth + 1);
}

/** Checks a whole message: described sections one after the other and nothing else. */
export function requireWellFormed(bytes: Buffer): void {
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== 0) throw malformed('a message section has no descriptor');
    at = skipValue(bytes, at, bytes.length);
  }
}
