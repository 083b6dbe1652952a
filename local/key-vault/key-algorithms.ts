import {
  constants,
  createPublicKey,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { signDigest, verifyDigest } from './elliptic-signature.ts';

/** A signature algorithm of RFC 7518 section 3.1, over a digest that the client made. */
export interface SignatureAlgorithm {
  kty: 'EC' | 'RSA';
  /** Absent for RSA. */
  curve?: string;
  digestBytes: number;
  sign(privateKey: string, digest: Buffer): Buffer;
  verify(privateKey: string, digest: Buffer, signature: Buffer): boolean;
}

/** DER of DigestInfo up to the digest (RFC 8017 section 9.2, note 1). */
const digestInfoPrefixes = {
  32: '3031300d060960864801650304020105000420',
  48: '3041300d060960864801650304020205000430',
  64: '3051300d060960864801650304020305000440',
} as const;

const ecdsa = (curve: string, digestBytes: number): SignatureAlgorithm => ({
  kty: 'EC',
  curve,
  digestBytes,
  sign: signDigest,
  verify: verifyDigest,
});

function rsaPkcs1(digestBytes: keyof typeof digestInfoPrefixes): SignatureAlgorithm {
  const padding = constants.RSA_PKCS1_PADDING;
  const encode = (digest: Buffer) =>
    Buffer.concat([Buffer.from(digestInfoPrefixes[digestBytes], 'hex'), digest]);
  return {
    kty: 'RSA',
    digestBytes,
    sign: (key, digest) => privateEncrypt({ key, padding }, encode(digest)),
    verify(key, digest, signature) {
      try {
        return publicDecrypt({ key: createPublicKey(key), padding }, signature).equals(encode(digest));
      } catch {
        return false;
      }
    },
  };
}

export const signatureAlgorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['ES256', ecdsa('P-256', 32)],
  ['ES384', ecdsa('P-384', 48)],
  ['ES512', ecdsa('P-521', 64)],
  ['RS256', rsaPkcs1(32)],
  ['RS384', rsaPkcs1(48)],
  ['RS512', rsaPkcs1(64)],
]);

/** An RSA encryption of RFC 7518 section 4.3: for `wrapkey`, `unwrapkey`, `encrypt`, `decrypt`. */
export interface EncryptionAlgorithm {
  encrypt(privateKey: string, plaintext: Buffer): Buffer;
  /** Throws on a text that was not encrypted for this key. */
  decrypt(privateKey: string, ciphertext: Buffer): Buffer;
}

const oaep = (oaepHash: string): EncryptionAlgorithm => ({
  encrypt: (key, plaintext) => publicEncrypt({ key: createPublicKey(key), oaepHash }, plaintext),
  decrypt: (key, ciphertext) => privateDecrypt({ key, oaepHash }, ciphertext),
});

export const encryptionAlgorithms: ReadonlyMap<string, EncryptionAlgorithm> = new Map([
  ['RSA-OAEP', oaep('sha1')],
  ['RSA-OAEP-256', oaep('sha256')],
]);
