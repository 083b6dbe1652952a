import { generateKeyPairSync, sign } from 'node:crypto';
import type { PublicSigningKey, SigningKey } from '#shared/ports/signing-key.ts';

/** An ES256 key of this process. */
export function createMemorySigningKey(keyId = 'key-1') {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  return {
    async current() {
      return { keyId, publicKey: { kty, crv, x, y } as PublicSigningKey };
    },
    async sign(_keyId: string, data: Uint8Array) {
      return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    },
  } satisfies SigningKey;
}
