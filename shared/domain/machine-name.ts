import { createHash, createHmac } from 'node:crypto';
import { encodeBase32 } from './base32.ts';

/** 26 characters of base32 hold 130 bits: 16.25 bytes. */
const nameLength = 26;

/** Each part with its length in front, so that no two different lists of parts give the same bytes. */
function lengthPrefixed(...parts: string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/**
 * Our stable id of a machine: base32(SHA-256(lower-cased ARM resource id)), 26 characters. It is an identifier
 * and no secret; instance ids, queue and lock names are built from it.
 */
export function machineIdOf(resourceId: string): string {
  const digest = createHash('sha256').update(resourceId.toLowerCase()).digest();
  return encodeBase32(digest).slice(0, nameLength);
}

export const isMachineId = (text: string): boolean => /^[a-z2-7]{26}$/.test(text);

/**
 * The machine's label in public DNS (requirements 61-63): a keyed, salted hash, so that a name in a certificate
 * log tells nothing of the machine, its subscription or its address.
 */
export function machineNameOf(key: Uint8Array, resourceId: string, salt: string): string {
  const mac = createHmac('sha256', key).update(lengthPrefixed(resourceId.toLowerCase(), salt)).digest();
  return encodeBase32(mac).slice(0, nameLength);
}
