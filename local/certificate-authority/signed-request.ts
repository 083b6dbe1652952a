import { Buffer } from 'node:buffer';
import type { webcrypto } from 'node:crypto';
import { calculateJwkThumbprint, flattenedVerify, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import type { HttpRequest } from '#local/kit/http-server.ts';
import type { Nonces } from './nonces.ts';
import { Problem } from './problem.ts';

const algorithms = ['ES256', 'RS256'];
const smallestRsaBits = 2048;

/** Flattened JSON serialization with nothing unprotected (RFC 8555 section 6.2). */
const envelopeShape = z.strictObject({ protected: z.string(), payload: z.string(), signature: z.string() });
const publicKeyShape = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('EC'), crv: z.string(), x: z.string(), y: z.string() }),
  z.object({ kty: z.literal('RSA'), n: z.string(), e: z.string() }),
]);
const headerShape = z.object({
  alg: z.string(),
  url: z.string(),
  nonce: z.string().optional(),
  jwk: publicKeyShape.optional(),
  kid: z.string().optional(),
});

type ProtectedHeader = z.infer<typeof headerShape>;
type Envelope = z.infer<typeof envelopeShape>;

/** A request whose signature, nonce and URL were checked. */
export interface SignedRequest {
  /** undefined for POST-as-GET, else the parsed JSON. */
  payload: unknown;
  key: JWK;
  thumbprint: string;
  /** How the key was named: by itself, or by the account that it belongs to. */
  namedBy: 'jwk' | 'kid';
  kid: string | undefined;
}

export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('malformed', `${what} is not JSON`);
  }
}

interface Parsed {
  envelope: Envelope;
  header: ProtectedHeader;
}

export function parseEnvelope(value: unknown): Parsed {
  const envelope = envelopeShape.safeParse(value);
  if (!envelope.success) {
    throw new Problem(
      'malformed',
      'the body is not a flattened JWS of protected, payload and signature alone',
    );
  }
  const decoded = Buffer.from(envelope.data.protected, 'base64url').toString();
  const header = headerShape.safeParse(parseJson(decoded, 'the protected header'));
  if (!header.success)
    throw new Problem('malformed', `the protected header: ${z.prettifyError(header.error)}`);
  return { envelope: envelope.data, header: header.data };
}

/** Accounts sign many requests with one key. */
const mostImported = 100;
const imported = new Map<string, webcrypto.CryptoKey>();

/** The public key ready to verify; weak and unknown ones are refused. */
async function publicKeyOf(jwk: JWK, alg: string): Promise<webcrypto.CryptoKey> {
  const entry = `${alg} ${JSON.stringify(jwk)}`;
  const known = imported.get(entry);
  if (known) return known;
  const key = await importPublicKey(jwk, alg);
  if (imported.size >= mostImported) imported.clear();
  imported.set(entry, key);
  return key;
}

async function importPublicKey(jwk: JWK, alg: string): Promise<webcrypto.CryptoKey> {
  if (jwk.kty === 'RSA' && Buffer.from(jwk.n ?? '', 'base64url').length * 8 < smallestRsaBits) {
    throw new Problem('badPublicKey', `an RSA key must have at least ${smallestRsaBits} bits`);
  }
  try {
    const key = await importJWK(jwk, alg);
    if (!(key instanceof Uint8Array)) return key;
  } catch {
    // Falls through to the refusal: the key does not fit its algorithm or is not on its curve.
  }
  throw new Problem('badPublicKey', `the key is not a public key for ${alg}`);
}

/** Algorithm, key and signature of an envelope; answers its payload. */
async function verifyEnvelope({ envelope, header }: Parsed, key: JWK): Promise<Uint8Array> {
  const publicKey = await publicKeyOf(key, header.alg);
  try {
    return (await flattenedVerify(envelope, publicKey, { algorithms })).payload;
  } catch {
    throw new Problem('malformed', 'the signature of the request is not valid');
  }
}

function requireAlgorithm({ alg }: ProtectedHeader): void {
  if (algorithms.includes(alg)) return;
  throw new Problem('badSignatureAlgorithm', `the algorithm ${alg} is not accepted`, { algorithms });
}

/**
 * Checks a POST in the order: media type, shape, algorithm, key, signature, nonce, URL. `findKey` answers the
 * key of an account URL or throws.
 */
export async function verifySignedRequest(
  request: HttpRequest,
  nonces: Nonces,
  findKey: (kid: string) => JWK,
): Promise<SignedRequest> {
  if (request.headers['content-type'] !== 'application/jose+json') {
    throw new Problem('malformed', 'the content type must be application/jose+json', { status: 415 });
  }
  const parsed = parseEnvelope(parseJson(request.body.toString(), 'the body'));
  const { header } = parsed;
  requireAlgorithm(header);
  if ((header.jwk === undefined) === (header.kid === undefined)) {
    throw new Problem('malformed', 'the protected header must have exactly one of jwk and kid');
  }
  const key: JWK = header.jwk ?? findKey(header.kid ?? '');
  const payload = await verifyEnvelope(parsed, key);
  if (header.nonce === undefined || !nonces.redeem(header.nonce)) {
    throw new Problem('badNonce', 'the nonce is unknown, was used, or was picked to be refused');
  }
  if (header.url !== request.url.href) {
    throw new Problem('unauthorized', `the signed url ${header.url} is not the one of the request`);
  }
  return {
    payload: payload.length === 0 ? undefined : parseJson(Buffer.from(payload).toString(), 'the payload'),
    key,
    thumbprint: await calculateJwkThumbprint(key),
    namedBy: header.jwk ? 'jwk' : 'kid',
    kid: header.kid,
  };
}

/** A JWS inside a request, signed by the key that it carries, for the same URL and without a nonce. */
export async function verifyInnerRequest(
  value: unknown,
  url: string,
): Promise<{ payload: unknown; key: JWK; thumbprint: string }> {
  const parsed = parseEnvelope(value);
  const { header } = parsed;
  requireAlgorithm(header);
  if (!header.jwk || header.kid !== undefined)
    throw new Problem('malformed', 'the inner JWS must carry its key as jwk');
  if (header.nonce !== undefined) throw new Problem('malformed', 'the inner JWS must not have a nonce');
  if (header.url !== url) throw new Problem('malformed', 'the inner JWS must have the url of the outer one');
  const payload = await verifyEnvelope(parsed, header.jwk);
  return {
    payload: parseJson(Buffer.from(payload).toString(), 'the inner payload'),
    key: header.jwk,
    thumbprint: await calculateJwkThumbprint(header.jwk),
  };
}

/** The payload in its shape, or `malformed` with every fault named. */
export function parsePayload<T>(shape: z.ZodType<T>, payload: unknown): T {
  const parsed = shape.safeParse(payload);
  if (!parsed.success) throw new Problem('malformed', z.prettifyError(parsed.error));
  return parsed.data;
}
