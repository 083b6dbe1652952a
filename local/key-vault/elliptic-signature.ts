import { createECDH, createPrivateKey } from 'node:crypto';

/**
 * ECDSA over a digest that the caller made (FIPS 186-5 section 6.4), which is what Key Vault signs. Node's `sign`
 * always hashes by itself, so the scalar arithmetic is done here; points are multiplied by OpenSSL. BigInt is not
 * constant-time: good for a stand-in on loopback and for nothing else.
 */
interface Curve {
  name: string;
  /** Of a coordinate and of each half of a signature. */
  bytes: number;
  order: bigint;
}

/** Orders from SEC 2 version 2.0, sections 2.4.2, 2.5.1 and 2.6.1. */
const curves: Readonly<Record<string, Curve>> = {
  'P-256': {
    name: 'prime256v1',
    bytes: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    name: 'secp384r1',
    bytes: 48,
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    name: 'secp521r1',
    bytes: 66,
    order:
      0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
};

const toNumber = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
const toBytes = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');

/** By the extended Euclidean algorithm; `value` is not zero and the modulus is prime. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b, x, y] = [b % a, a, y - quotient * x, x];
  }
  return ((x % modulus) + modulus) % modulus;
}

interface Scalars {
  curve: Curve;
  secret: bigint;
}

/** Keys that sign sign often. */
const mostRead = 200;
const read = new Map<string, Scalars>();

function scalarsOf(privateKeyPem: string): Scalars {
  const known = read.get(privateKeyPem);
  if (known) return known;
  const { crv = '', d = '' } = createPrivateKey(privateKeyPem).export({ format: 'jwk' });
  const curve = curves[crv];
  if (!curve) throw new Error(`no arithmetic for the curve ${crv}`);
  const scalars = { curve, secret: toNumber(Buffer.from(d, 'base64url')) };
  if (read.size >= mostRead) read.clear();
  read.set(privateKeyPem, scalars);
  return scalars;
}

/** The x coordinate of an uncompressed point. */
const abscissa = (point: Buffer, { bytes }: Curve) => toNumber(point.subarray(1, 1 + bytes));

/** Answers r and s, each as long as a coordinate (RFC 7518 section 3.4). The digest is no longer than the order. */
export function signDigest(privateKeyPem: string, digestBytes: Uint8Array): Buffer {
  const { curve, secret } = scalarsOf(privateKeyPem);
  const { order, bytes } = curve;
  const digest = toNumber(digestBytes);
  const once = createECDH(curve.name);
  const r = abscissa(once.generateKeys(), curve) % order;
  const s = (inverse(toNumber(once.getPrivateKey()), order) * (digest + r * secret)) % order;
  // One chance in 2^256 and more; the standard asks for it.
  if (r === 0n || s === 0n) return signDigest(privateKeyPem, digestBytes);
  return Buffer.concat([toBytes(r, bytes), toBytes(s, bytes)]);
}

/** The private key is at hand, so both multiplications of the verification are one: (u1 + u2 d) G. */
export function verifyDigest(privateKeyPem: string, digestBytes: Uint8Array, signature: Uint8Array): boolean {
  const { curve, secret } = scalarsOf(privateKeyPem);
  const { order, bytes } = curve;
  const digest = toNumber(digestBytes);
  if (signature.length !== 2 * bytes) return false;
  const r = toNumber(signature.subarray(0, bytes));
  const s = toNumber(signature.subarray(bytes));
  if (r === 0n || s === 0n || r >= order || s >= order) return false;
  const factor = (inverse(s, order) * (digest + r * secret)) % order;
  if (factor === 0n) return false;
  const point = createECDH(curve.name);
  point.setPrivateKey(toBytes(factor, bytes));
  return abscissa(point.getPublicKey(), curve) % order === r;
}
