import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase32, encodeBase32 } from './base32.ts';
import { type ServiceName, serviceNames } from './machine.ts';

/**
 * The session label, the first label of a session's host name. Bytes:
 *
 *     version 1 | session id 10 | expiry 4 (Unix seconds, big-endian) | service 1 | MAC 20
 *
 * 36 bytes are 58 characters of base32, below the 63 of a DNS label. The MAC is HMAC-SHA-256 over the bytes in
 * front of it and the machine name, cut to 160 bits. A label opens a path and never a session: it is visible in
 * DNS and in the ClientHello.
 */
const version = 1;
const macLength = 20;
const headLength = 16;
const labelLength = 58;

export interface SessionLabel {
  /** 16 characters of base32: 80 random bits. */
  sessionId: string;
  service: ServiceName;
  /** Unix seconds. */
  expiresAt: number;
}

function macOf(key: Uint8Array, head: Uint8Array, machineName: string): Buffer {
  return createHmac('sha256', key).update(head).update(machineName).digest().subarray(0, macLength);
}

export function mintLabel(key: Uint8Array, machineName: string, label: SessionLabel): string {
  const id = decodeBase32(label.sessionId);
  if (id?.length !== 10) throw new TypeError('sessionId must be 16 characters of base32');
  const head = Buffer.alloc(headLength);
  head.writeUInt8(version, 0);
  head.set(id, 1);
  head.writeUInt32BE(label.expiresAt, 11);
  head.writeUInt8(serviceNames.indexOf(label.service), 15);
  return encodeBase32(Buffer.concat([head, macOf(key, head, machineName)]));
}

export type LabelRefusal = 'malformed' | 'foreign' | 'expired';

/**
 * Checks a label alone, without asking anybody, in constant time for each key. `keys` may hold the previous key
 * too (rotation with overlap). `foreign`: not signed by us for this machine.
 */
export function verifyLabel(
  keys: readonly Uint8Array[],
  machineName: string,
  text: string,
  nowSeconds: number,
): SessionLabel | LabelRefusal {
  if (text.length !== labelLength) return 'malformed';
  const bytes = decodeBase32(text);
  if (!bytes || bytes[0] !== version) return 'malformed';
  const head = Buffer.from(bytes.subarray(0, headLength));
  const mac = bytes.subarray(headLength);
  const matches = keys.map((key) => timingSafeEqual(macOf(key, head, machineName), mac));
  if (!matches.includes(true)) return 'foreign';
  const service = serviceNames[head.readUInt8(15)];
  if (!service) return 'malformed';
  const expiresAt = head.readUInt32BE(11);
  if (nowSeconds >= expiresAt) return 'expired';
  return { sessionId: encodeBase32(head.subarray(1, 11)), service, expiresAt };
}

/** What a label claims, unchecked: for the agent, which holds no label key; whoever has no ticket gets no further. */
export function claimsOfLabel(text: string): SessionLabel | undefined {
  const bytes = text.length === labelLength ? decodeBase32(text) : undefined;
  if (bytes?.[0] !== version) return undefined;
  const head = Buffer.from(bytes.subarray(0, headLength));
  const service = serviceNames[head.readUInt8(15)];
  return (
    service && { sessionId: encodeBase32(head.subarray(1, 11)), service, expiresAt: head.readUInt32BE(11) }
  );
}
