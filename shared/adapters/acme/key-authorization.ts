import { createHash } from 'node:crypto';
import type { PublicSigningKey } from '#shared/ports/signing-key.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** RFC 7638: SHA-256 over the required members alone, in the order of their names. */
export function thumbprintOf({ crv, kty, x, y }: PublicSigningKey): string {
  return sha256(JSON.stringify({ crv, kty, x, y }));
}

/** RFC 8555 section 8.1. */
export const keyAuthorizationOf = (token: string, key: PublicSigningKey): string =>
  `${token}.${thumbprintOf(key)}`;

/** RFC 8555 section 8.4: the value of the TXT record, 43 characters. */
export const textValueOf = (token: string, key: PublicSigningKey): string =>
  sha256(keyAuthorizationOf(token, key));
