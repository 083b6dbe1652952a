import { Buffer } from 'node:buffer';
import {
  type AcmeCertificateAuthorityOptions,
  createAcmeCertificateAuthority,
} from '#shared/adapters/acme/acme-certificate-authority.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { SigningKey } from '#shared/ports/signing-key.ts';

export const origin = 'https://acme.example';
const now = Date.parse('2026-11-21T12:00:00Z');

export interface SentRequest {
  url: string;
  method: string;
  protected: Record<string, unknown>;
  /** undefined for POST-as-GET. */
  payload: unknown;
}

export interface ScriptedReply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | object;
}

const decode = (text: string): unknown =>
  text === '' ? undefined : JSON.parse(Buffer.from(text, 'base64url').toString());

/** The key of RFC 7517 appendix A.1; its signatures are not checked here. */
const version = {
  keyId: 'key',
  publicKey: {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  },
} as const;
export const accountKey: SigningKey = {
  current: () => Promise.resolve(version),
  versions: () => Promise.resolve([version]),
  sign: () => Promise.resolve(new Uint8Array(64)),
};

const standing: Record<string, ScriptedReply> = {
  '/directory': {
    body: {
      newNonce: `${origin}/nonce`,
      newAccount: `${origin}/account`,
      newOrder: `${origin}/new-order`,
      revokeCert: `${origin}/revoke`,
      keyChange: `${origin}/key-change`,
      renewalInfo: `${origin}/renewal-info/`,
      unknown: { member: true },
    },
  },
  '/nonce': { status: 200 },
  '/account': { status: 201, headers: { location: '/account/1' }, body: {} },
};

/**
 * An authority that answers each path with the next reply of its script (the last one stays for the directory,
 * nonces and accounts) and notes what was sent. A path without a reply left fails the test.
 */
export function scriptedAuthority(
  script: Record<string, ScriptedReply[]>,
  options: Partial<AcmeCertificateAuthorityOptions> = {},
): {
  client: CertificateAuthority;
  /** Signed requests alone, without those that look for the account or make it. */
  sent: SentRequest[];
  /** Payloads of those, in their order. */
  accountPayloads: unknown[];
  /** Paths whose replies were not all taken. */
  unused(): string[];
} {
  const sent: SentRequest[] = [];
  const accountPayloads: unknown[] = [];
  let nonce = 0;
  const fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = input instanceof Request ? input.url : String(input);
    const path = new URL(url).pathname;
    const reply = script[path]?.shift() ?? standing[path];
    if (!reply) return Promise.reject(new Error(`unexpected request for ${url}`));
    if (typeof init.body === 'string') {
      const jws = JSON.parse(init.body) as Record<'protected' | 'payload', string>;
      if (path === '/account') accountPayloads.push(decode(jws.payload));
      else
        sent.push({
          url,
          method: init.method ?? 'GET',
          protected: decode(jws.protected) as Record<string, unknown>,
          payload: decode(jws.payload),
        });
    }
    nonce += 1;
    const { status = 200, headers = {}, body = '' } = reply;
    return Promise.resolve(
      new Response(typeof body === 'string' ? body : JSON.stringify(body), {
        status,
        headers: { 'replay-nonce': `nonce-${nonce}`, ...headers },
      }),
    );
  };
  return {
    client: createAcmeCertificateAuthority({
      name: 'scripted',
      directoryUrl: `${origin}/directory`,
      limits: [],
      accountKey,
      fetch,
      now: () => now,
      ...options,
    }),
    sent,
    accountPayloads,
    unused: () => Object.keys(script).filter((path) => (script[path]?.length ?? 0) > 0),
  };
}

export const problemReply = (status: number, type: string, more: object = {}): ScriptedReply => ({
  status,
  body: { type: `urn:ietf:params:acme:error:${type}`, detail: `about ${type}`, ...more },
});
