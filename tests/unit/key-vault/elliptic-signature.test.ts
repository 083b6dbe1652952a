import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signDigest, verifyDigest } from '#local/key-vault/elliptic-signature.ts';

const dsaEncoding = 'ieee-p1363';

describe.each([
  ['P-256', 'sha256'],
  ['P-384', 'sha384'],
  ['P-521', 'sha512'],
])('a signature over a digest on %s', (namedCurve, hash) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const digestOf = (data: Uint8Array) => createHash(hash).update(data).digest();

  it('is one that OpenSSL takes for a signature over the data', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const signature = signDigest(pem, digestOf(data));
        expect(verify(hash, data, { key: publicKey, dsaEncoding }, signature)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('is verified when OpenSSL made it, and not with one bit changed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (data, seed) => {
        const signature = sign(hash, data, { key: privateKey, dsaEncoding });
        const changed = Buffer.from(signature);
        const bit = seed % (changed.length * 8);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifyDigest(pem, digestOf(data), signature)).toBe(true);
        expect(verifyDigest(pem, digestOf(data), changed)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it('is refused when it is empty, too short or zero', () => {
    const length = signDigest(pem, digestOf(Buffer.alloc(1))).length;
    for (const bytes of [0, length - 1, length, length + 1])
      expect(verifyDigest(pem, digestOf(Buffer.alloc(1)), Buffer.alloc(bytes))).toBe(false);
  });
});
