import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { Account } from '#local/certificate-authority/accounts.ts';
import type { Authority } from '#local/certificate-authority/authority.ts';
import { createPendingWork } from '#local/certificate-authority/pending-work.ts';
import { Problem } from '#local/certificate-authority/problem.ts';
import { defaultProfiles } from '#local/certificate-authority/profiles.ts';
import { findRoute } from '#local/certificate-authority/routes.ts';
import { createTables } from '#local/certificate-authority/schema.ts';
import { verifySignedRequest } from '#local/certificate-authority/signed-request.ts';
import { requireSigningRequest } from '#local/certificate-authority/signing-request.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { createFaults } from '#local/kit/faults.ts';
import type { HttpRequest } from '#local/kit/http-server.ts';
import { openStore } from '#local/kit/store.ts';
import { signJws } from './raw-request.ts';
import { createRequest, zone } from './rig.ts';

const origin = 'https://acme.localhost:1';
const nonces = { next: () => 'next', redeem: (nonce: string) => nonce === 'good' };

/** What a request led to: `accepted`, or the type of its refusal. Anything else is thrown on: it would be a 500. */
async function outcomeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    if (error instanceof Problem) return error.document.type.replace(/.*:/, '');
    throw error;
  }
}

const post = (path: string, body: Buffer | string): HttpRequest => ({
  method: 'POST',
  url: new URL(`${origin}${path}`),
  headers: { 'content-type': 'application/jose+json' },
  body: Buffer.from(body),
});

/** Octets with some of them changed, cut off or moved behind others. */
function damaged(good: Buffer): fc.Arbitrary<Buffer> {
  const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 });
  return fc.tuple(edits, fc.integer({ min: 0, max: good.length * 3 })).map(([changes, length]) => {
    const bytes = Buffer.from(good);
    for (const [at, value] of changes) bytes.writeUInt8(value, at);
    return bytes.subarray(0, Math.max(1, length));
  });
}

/** Bodies for `verifySignedRequest`: signed with strange headers, damaged after signing, and no JWS at all. */
export async function createHostileJws(): Promise<{
  bodies: fc.Arbitrary<Buffer | string>;
  outcomeOf(body: Buffer | string): Promise<string>;
}> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = await exportJWK(publicKey);
  const url = `${origin}/acme/new-account`;
  const sign = (header: object, payload: unknown = {}) =>
    Buffer.from(
      JSON.stringify(signJws({ alg: 'ES256', url, nonce: 'good', jwk, ...header }, payload, privateKey)),
    );
  const key = fc.oneof(
    fc.constant(jwk),
    fc.record({
      kty: fc.constantFrom('EC', 'RSA', 'oct'),
      crv: fc.string(),
      x: fc.base64String(),
      y: fc.string(),
    }),
    fc.record({ kty: fc.constant('RSA'), n: fc.base64String({ minLength: 340 }), e: fc.base64String() }),
  );
  const header = fc.record(
    {
      alg: fc.oneof(fc.constantFrom('ES256', 'RS256', 'HS256', 'none'), fc.string()),
      jwk: fc.oneof(key, fc.jsonValue()),
      kid: fc.oneof(fc.webUrl(), fc.jsonValue()),
      nonce: fc.oneof(fc.constant('good'), fc.jsonValue()),
      url: fc.oneof(fc.constant(url), fc.webUrl()),
      crit: fc.jsonValue(),
      b64: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const segment = fc.oneof(fc.base64String(), fc.string(), fc.jsonValue());
  return {
    bodies: fc.oneof(
      fc.tuple(header, fc.jsonValue()).map(([extra, payload]) => sign(extra, payload)),
      damaged(sign({})),
      fc
        .record({ protected: segment, payload: segment, signature: segment })
        .map((jws) => JSON.stringify(jws)),
      fc.json(),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    ),
    outcomeOf: (body) =>
      outcomeOf(() => verifySignedRequest(post('/acme/new-account', body), nonces, () => jwk)),
  };
}

/** PKCS#10 requests with octets changed, for the order of their names. */
export async function createHostileSigningRequests(): Promise<{
  requests: fc.Arbitrary<Buffer>;
  outcomeOf(request: Buffer): Promise<string>;
}> {
  const names = [`csr.${zone}`, `*.csr.${zone}`];
  const good = [(await createRequest(names)).der, (await createRequest(names, 'RSA')).der];
  return {
    requests: fc.oneof(
      ...good.map(damaged),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    ),
    outcomeOf: (request) => outcomeOf(() => requireSigningRequest(request, names, 'of the account')),
  };
}

interface Call {
  path: string;
  payload: unknown;
}

/** Payloads of any form at every resource that an account may call, on an authority without a network. */
export async function createHostilePayloads(): Promise<{
  calls: fc.Arbitrary<Call>;
  outcomeOf(call: Call): Promise<string>;
}> {
  const clock = createManualClock(Date.now());
  const store = openStore(':memory:');
  createTables(store);
  const authority: Authority = {
    store,
    clock,
    faults: createFaults(),
    issuer: { key: '', cert: '' },
    alternateIssuers: [],
    profiles: defaultProfiles,
    rateLimits: {},
    externalAccounts: undefined,
    permittedSuffix: 'localhost',
    authorizationReuseMs: 0,
    latency: { validationMs: 1, issuanceMs: 1 },
    lookUpText: () => Promise.resolve([]),
    caaIdentities: [],
    lookUpCaa: () => Promise.resolve([]),
    work: createPendingWork(clock),
  };
  const key = await exportJWK(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
  const thumbprint = await calculateJwkThumbprint(key);
  const account: Account = { id: 'one', thumbprint, key, status: 'valid', contact: [] };
  store
    .prepare(`INSERT INTO acme_accounts VALUES ('one', ?, ?, 'valid', '[]', NULL)`)
    .run(thumbprint, JSON.stringify(key));
  const name = fc.oneof(
    fc.constantFrom(`a.${zone}`, `*.a.${zone}`, 'example.org', 'localhost', '127.0.0.1', `-.${zone}`),
    fc.string(),
  );
  const identifier = fc.record({ type: fc.constantFrom('dns', 'dns', 'ip'), value: name });
  const payload = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        identifiers: fc.oneof(fc.array(identifier, { maxLength: 4 }), fc.jsonValue()),
        profile: fc.oneof(fc.constantFrom('classic', 'toString', '__proto__'), fc.string()),
        replaces: fc.string(),
        notAfter: fc.jsonValue(),
        contact: fc.oneof(fc.array(fc.oneof(fc.constant('mailto:a@b'), fc.string())), fc.jsonValue()),
        status: fc.string(),
        csr: fc.oneof(fc.base64String(), fc.string()),
        certificate: fc.oneof(fc.base64String(), fc.string()),
        reason: fc.oneof(fc.integer(), fc.jsonValue()),
        account: fc.string(),
        oldKey: fc.oneof(fc.constant(key), fc.jsonValue()),
        protected: fc.string(),
        payload: fc.string(),
        signature: fc.string(),
      },
      { requiredKeys: [] },
    ),
    fc.constant(undefined),
  );
  const path = fc.constantFrom(
    'new-account',
    'account/one',
    'account/one/orders',
    'new-order',
    'order/x',
    'order/x/finalize',
    'authorization/x',
    'challenge/x',
    'certificate/x',
    'certificate/x.1.2',
    'revoke-certificate',
    'key-change',
  );
  const handle = ({ path: at, payload: body }: Call): unknown => {
    const found = findRoute(post(`/acme/${at}`, ''));
    if (!found) throw new Error(`there is no ${at}`);
    const { route, id } = found;
    const target = { authority, origin, id, skewMs: 0 };
    if (route.signedBy === 'nobody') return route.handle(target);
    if (route.signedBy === 'account') return route.handle(target, account, body);
    return route.handle(target, { payload: body, key, thumbprint, namedBy: 'jwk', kid: undefined });
  };
  return {
    calls: fc.record({ path, payload }),
    outcomeOf: (call) => outcomeOf(() => handle(call)),
  };
}
