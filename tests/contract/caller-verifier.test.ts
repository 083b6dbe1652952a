import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CallerVerifier, createCallerVerifier } from '#functions/http/authorization.ts';
import { readSettings } from '#functions/settings.ts';
import { environment, tenantId } from '../support/memory-ports.ts';

const audience = environment['ADMIN_CENTER_API_AUDIENCE'] ?? '';
const userId = '00000000-0000-4000-8000-0000000000c1';
const now = new Date(Date.UTC(2026, 9, 1, 12));
const nowSeconds = now.getTime() / 1000;

const [published, unpublished, elliptic] = await Promise.all([
  generateKeyPair('RS256'),
  generateKeyPair('RS256'),
  generateKeyPair('ES256'),
]);

let server: Server;
let authority: string;
let asked: string[];
let verifier: CallerVerifier;

beforeAll(async () => {
  const jwks = {
    keys: [
      { ...(await exportJWK(published.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' },
      { ...(await exportJWK(elliptic.publicKey)), kid: 'k2', alg: 'ES256', use: 'sig' },
    ],
  };
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.startsWith('/refused')) response.statusCode = 503;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  asked = [];
  const settings = readSettings({ ...environment, ADMIN_CENTER_AUTHORITY: authority });
  verifier = createCallerVerifier(settings, () => now);
});

interface TokenOptions {
  key?: typeof published;
  alg?: string;
  kid?: string;
}

/** A claim that is undefined is left out. */
type Claims = { [Name in keyof JWTPayload]?: JWTPayload[Name] | undefined };

/** An access token as Entra makes them for this API. */
function token(changes: Claims = {}, { key = published, alg = 'RS256', kid = 'k1' }: TokenOptions = {}) {
  const claims = {
    iss: `${authority}/${tenantId}/v2.0`,
    aud: audience,
    iat: nowSeconds - 60,
    exp: nowSeconds + 3600,
    nbf: nowSeconds - 60,
    oid: userId,
    tid: tenantId,
    preferred_username: 'admin@example.test',
    scp: 'openid user_impersonation',
    ...changes,
  };
  return new SignJWT(claims as JWTPayload).setProtectedHeader({ alg, kid }).sign(key.privateKey);
}

describe('an access token', () => {
  it('of a user tells who calls', async () => {
    expect(await verifier.verify(await token())).toEqual({
      id: userId,
      name: 'admin@example.test',
      tenantId,
      isApplication: false,
      roles: [],
    });
    expect(asked).toEqual([`/${tenantId}/discovery/v2.0/keys`]);
  });

  it('of a managed identity needs no scope and is named by its object id', async () => {
    const claims = { idtyp: 'app', scp: undefined, preferred_username: undefined };
    expect(await verifier.verify(await token(claims))).toMatchObject({ name: userId, isApplication: true });
  });

  it.each<[string, () => Claims]>([
    [
      'the form of version 1',
      () => ({ iss: `https://sts.windows.net/${tenantId}/`, upn: 'admin@example.test' }),
    ],
    ['the application id URI as its audience', () => ({ aud: `api://${audience}` })],
    ['a minute of a clock that is behind', () => ({ nbf: nowSeconds + 59 })],
    ['a minute of a clock that is ahead', () => ({ exp: nowSeconds - 59 })],
  ])('is accepted in %s', async (_, claims) => {
    expect(await verifier.verify(await token(claims()))).toMatchObject({ name: 'admin@example.test' });
  });

  it.each<[string, () => Claims]>([
    ['has ended', () => ({ exp: nowSeconds - 61 })],
    ['has not begun', () => ({ nbf: nowSeconds + 61 })],
    ['never ends', () => ({ exp: undefined })],
    ['is for another API', () => ({ aud: 'https://management.azure.com' })],
    ['is by another issuer', () => ({ iss: 'https://login.example' })],
    ['is of another tenant', () => ({ tid: '00000000-0000-4000-8000-0000000000ff' })],
    ['names no tenant', () => ({ tid: undefined })],
    ['names nobody', () => ({ oid: undefined })],
    ['names somebody who is no GUID', () => ({ oid: "' or 1=1" })],
    ['lacks the scope', () => ({ scp: 'openid profile' })],
    ['has a scope that only looks like it', () => ({ scp: 'user_impersonation.read' })],
    ['calls itself an application in another word', () => ({ idtyp: 'user', scp: undefined })],
  ])('that %s is refused', async (_, claims) => {
    await expect(verifier.verify(await token(claims()))).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it.each<[string, TokenOptions]>([
    ['by a key that is not published', { key: unpublished }],
    ['under a key id that is not published', { kid: 'k9' }],
    ['with an algorithm that is not Entra’s', { key: elliptic, alg: 'ES256', kid: 'k2' }],
  ])('signed %s is refused', async (_, options) => {
    await expect(verifier.verify(await token({}, options))).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it.each(['a.b.c', 'nothing'])('is not %j', async (text) => {
    await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it.each([undefined, ''])('is missing when it is %j, and nobody is asked for keys', async (text) => {
    await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'token_missing' });
    expect(asked).toEqual([]);
  });

  it('is checked with keys that were read once', async () => {
    const given = await token();
    for (let call = 0; call < 3; call += 1) await verifier.verify(given);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['nobody answers', 'http://127.0.0.1:9'],
    ['the answer is no key set', () => `${authority}/refused`],
  ])('is not blamed when %s for the keys: the sign-in service is', async (_, address) => {
    const url = typeof address === 'string' ? address : address();
    const settings = readSettings({ ...environment, ADMIN_CENTER_AUTHORITY: url });
    const away = createCallerVerifier(settings, () => now);
    await expect(away.verify(await token())).rejects.toMatchObject({ code: 'sign_in_unavailable' });
  });
});
