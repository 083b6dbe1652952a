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

/** A signed request written out by hand: nothing of our own client is in it. */
export async function sendRaw(request: RawRequest): Promise<RawReply> {
  const { url, payload, privateKey, header, damage = (jws) => jws } = request;
  const { origin } = new URL(url);
  const fresh = await fetch(`${origin}/acme/new-nonce`, { method: 'HEAD' });
  const protectedHeader = encode({
    alg: 'ES256',
    url,
    nonce: fresh.headers.get('replay-nonce'),
    ...header,
  });
  const body = payload === undefined ? '' : encode(payload);
  const signature = sign('sha256', Buffer.from(`${protectedHeader}.${body}`), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': request.contentType ?? 'application/jose+json' },
    body: JSON.stringify(damage({ protected: protectedHeader, payload: body, signature })),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: reply.headers,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
}

export const problem = (type: string): object => ({ body: { type: `urn:ietf:params:acme:error:${type}` } });
