import { Buffer } from 'node:buffer';
import { type KeyObject, sign } from 'node:crypto';

export interface RawReply {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface RawRequest {
  url: string;
  payload?: unknown;
  privateKey: KeyObject;
  /** Members of the protected header besides `url`, `alg` (ES256) and a good nonce; they win over these. */
  header: Record<string, unknown>;
  contentType?: string;
  /** Changes the JWS after it was signed. */
  damage?: (jws: Record<string, string>) => object;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A flattened JWS by ES256; `payload` undefined is the empty one. */
export function signJws(
  header: Record<string, unknown>,
  payload: unknown,
  privateKey: KeyObject,
): Record<'protected' | 'payload' | 'signature', string> {
  const protectedHeader = encode(header);
  const body = payload === undefined ? '' : encode(payload);
  const signature = sign('sha256', Buffer.from(`${protectedHeader}.${body}`), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
  return { protected: protectedHeader, payload: body, signature };
}

/** A signed request written out by hand: nothing of our own client is in it. */
export async function sendRaw(request: RawRequest): Promise<RawReply> {
  const { url, payload, privateKey, header, damage = (whole) => whole } = request;
  const { origin } = new URL(url);
  const fresh = await fetch(`${origin}/acme/new-nonce`, { method: 'HEAD' });
  const nonce = fresh.headers.get('replay-nonce');
  const jws = signJws({ alg: 'ES256', url, nonce, ...header }, payload, privateKey);
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': request.contentType ?? 'application/jose+json' },
    body: JSON.stringify(damage(jws)),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: reply.headers,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
}

export const problem = (type: string): object => ({ body: { type: `urn:ietf:params:acme:error:${type}` } });
