/** Bound of everything that a client may send before its ClientHello is whole. */
export const maxHelloBytes = 16 * 1024;

export type HelloRefusal = 'not_tls' | 'malformed_hello' | 'hello_too_large';

export type HelloReading =
  | { kind: 'more' }
  /** `serverName` in lower case without a final dot; undefined when the client named none. */
  | { kind: 'hello'; serverName: string | undefined; consumed: number }
  | { kind: 'refused'; reason: HelloRefusal };

const handshakeRecord = 22;
const clientHello = 1;
const recordHeaderBytes = 5;
const handshakeHeaderBytes = 4;
/** RFC 8446 section 5.1. */
const maxRecordBytes = 2 ** 14;
const serverNameExtension = 0;
const hostNameType = 0;

class Malformed extends Error {}

/** Reads length-prefixed fields; every read past the end is a malformed message. */
class Fields {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }
  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Malformed();
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
  number(bytes: 1 | 2): number {
    return this.take(bytes).reduce((value, byte) => value * 256 + byte, 0);
  }
  vector(lengthBytes: 1 | 2): Fields {
    return new Fields(this.take(this.number(lengthBytes)));
  }
}

const hostName =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** RFC 6066 section 3: one name of a type at most, in ASCII, without a final dot (some clients send one). */
function readServerName(extension: Fields): string {
  const list = extension.vector(2);
  if (!extension.isEmpty) throw new Malformed();
  let name: string | undefined;
  while (!list.isEmpty) {
    const type = list.number(1);
    const length = list.number(2);
    const value = list.take(length);
    if (type !== hostNameType) continue;
    if (name !== undefined) throw new Malformed();
    name = Buffer.from(value).toString('latin1').toLowerCase().replace(/\.$/, '');
  }
  if (name === undefined || !hostName.test(name)) throw new Malformed();
  return name;
}

/** RFC 8446 section 4.1.2. What we do not look at is only stepped over; unknown and GREASE values are legal. */
function readHello(body: Uint8Array): string | undefined {
  const hello = new Fields(body);
  hello.take(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  // TLS 1.2 allowed a hello without extensions.
  if (hello.isEmpty) return undefined;
  const extensions = hello.vector(2);
  if (!hello.isEmpty) throw new Malformed();
  const seen = new Set<number>();
  let serverName: string | undefined;
  while (!extensions.isEmpty) {
    const type = extensions.number(2);
    if (seen.has(type)) throw new Malformed();
    seen.add(type);
    const value = extensions.vector(2);
    if (type === serverNameExtension) serverName = readServerName(value);
  }
  return serverName;
}

/** The handshake bytes of the records so far, and where each record ends. */
function gather(bytes: Uint8Array): { payload: Uint8Array; ends: { payload: number; wire: number }[] } {
  const parts: Uint8Array[] = [];
  const ends: { payload: number; wire: number }[] = [];
  let at = 0;
  let total = 0;
  while (at + recordHeaderBytes <= bytes.length) {
    const length = (bytes[at + 3] ?? 0) * 256 + (bytes[at + 4] ?? 0);
    // Zero-length fragments of handshake messages are forbidden (RFC 8446 section 5.1).
    if (bytes[at] !== handshakeRecord || bytes[at + 1] !== 3 || length === 0 || length > maxRecordBytes)
      throw new Malformed();
    const part = bytes.subarray(at + recordHeaderBytes, at + recordHeaderBytes + length);
    at += recordHeaderBytes + length;
    total += part.length;
    parts.push(part);
    ends.push({ payload: total, wire: at });
    if (total >= handshakeHeaderBytes && total >= messageBytes(Buffer.concat(parts))) break;
  }
  return { payload: Buffer.concat(parts), ends };
}

const messageBytes = (payload: Uint8Array): number =>
  handshakeHeaderBytes + (payload[1] ?? 0) * 65_536 + (payload[2] ?? 0) * 256 + (payload[3] ?? 0);

/** The first bytes tell at once: a handshake record of TLS (major version 3) whose message is a ClientHello. */
const startsAsHello = (bytes: Uint8Array): boolean =>
  (bytes.length < 1 || bytes[0] === handshakeRecord) && (bytes.length < 2 || bytes[1] === 3);

function read(bytes: Uint8Array): HelloReading {
  const { payload, ends } = gather(bytes);
  if (payload.length > 0 && payload[0] !== clientHello) throw new Malformed();
  if (payload.length >= handshakeHeaderBytes) {
    const wanted = messageBytes(payload);
    if (wanted > maxHelloBytes) return { kind: 'refused', reason: 'hello_too_large' };
    if (payload.length >= wanted) {
      const serverName = readHello(payload.subarray(handshakeHeaderBytes, wanted));
      const consumed = ends.find((end) => end.payload >= wanted)?.wire ?? bytes.length;
      // The bound is on the wire, so that the answer does not depend on how the bytes were cut into segments.
      if (consumed > maxHelloBytes) return { kind: 'refused', reason: 'hello_too_large' };
      return { kind: 'hello', serverName, consumed };
    }
  }
  return bytes.length >= maxHelloBytes ? { kind: 'refused', reason: 'hello_too_large' } : { kind: 'more' };
}

/**
 * Reads the server name out of all bytes that a client has sent so far, however they were cut into segments and
 * records. Total: any bytes give an answer, and more bytes never turn a refusal into something else.
 */
export function readClientHello(bytes: Uint8Array): HelloReading {
  if (!startsAsHello(bytes)) return { kind: 'refused', reason: 'not_tls' };
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'refused', reason: 'malformed_hello' };
    throw error;
  }
}
