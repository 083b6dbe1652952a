import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import {
  administrator,
  apiClientId,
  apiScope,
  cliClientId,
  discover,
  reader,
  signIn,
  spaClientId,
  spaRedirectUri,
  startEntra,
  tenantId,
  trustedTls,
} from './tenant.ts';

let identity: TlsIdentity;
let entra: Entra;
beforeAll(async () => {
  identity = await trustedTls('login.localhost');
  entra = await startEntra(identity);
});
afterAll(() => entra.close());

const verifier = 'a-verifier-of-more-than-forty-three-characters-0123456789';
const challenge = createHash('sha256').update(verifier).digest('base64url');
const goodQuery = {
  client_id: cliClientId,
  redirect_uri: 'http://localhost/',
  response_type: 'code',
  scope: apiScope,
  state: 's1',
  code_challenge: challenge,
  code_challenge_method: 'S256',
};
const authorizeUrl = (change: Record<string, string> = {}, at = entra) =>
  `${at.authority}/oauth2/v2.0/authorize?${new URLSearchParams({ ...goodQuery, ...change })}`;

const choose = async (
  change: Record<string, string> = {},
  account = administrator.userPrincipalName,
  at = entra,
) => {
  const reply = await fetch(authorizeUrl(change, at), {
    method: 'POST',
    body: new URLSearchParams({ account }),
    redirect: 'manual',
  });
  return { status: reply.status, location: URL.parse(reply.headers.get('location') ?? '') };
};

const redeem = async (fields: Record<string, string>, headers: Record<string, string> = {}, at = entra) => {
  const reply = await fetch(`${at.authority}/oauth2/v2.0/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: cliClientId,
      redirect_uri: goodQuery.redirect_uri,
      code_verifier: verifier,
      ...fields,
    }),
  });
  return {
    status: reply.status,
    headers: reply.headers,
    body: (await reply.json()) as Record<string, unknown>,
  };
};

const freshCode = async (change: Record<string, string> = {}, at = entra) =>
  (await choose(change, undefined, at)).location?.searchParams.get('code') ?? '';

describe('code flow', () => {
  it('gives a program an access token for the API after two requests', async () => {
    const tokens = await signIn(entra);
    const { payload } = await jwtVerify(
      tokens.access_token,
      createRemoteJWKSet(new URL(`${entra.authority}/discovery/v2.0/keys`)),
      { audience: apiClientId, issuer: `${entra.authority}/v2.0` },
    );
    expect(payload).toMatchObject({
      tid: tenantId,
      oid: administrator.objectId,
      upn: administrator.userPrincipalName,
      preferred_username: administrator.userPrincipalName,
      name: administrator.displayName,
      scp: 'user_impersonation',
      ver: '2.0',
      azp: cliClientId,
    });
  });

  it('gives the page of a registered origin a token that its origin may read', async () => {
    const tokens = await signIn(entra, {
      clientId: spaClientId,
      redirectUri: spaRedirectUri,
      account: reader.userPrincipalName,
      origin: new URL(spaRedirectUri).origin,
    });
    expect(decodeJwt(tokens.access_token)['oid']).toBe(reader.objectId);
    expect(decodeJwt(tokens.id_token ?? '')).toMatchObject({ aud: spaClientId, name: reader.displayName });
  });

  it('renews with a refresh token, for another resource when asked', async () => {
    const server = await discover(entra);
    const client = { client_id: cliClientId };
    const { refresh_token: token = '' } = await signIn(entra);
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, {
      additionalParameters: { scope: 'https://management.azure.com/.default' },
    });
    const renewed = await oauth.processRefreshTokenResponse(server, client, response);
    expect(decodeJwt(renewed.access_token)).toMatchObject({
      aud: 'https://management.azure.com',
      iss: `https://sts.windows.net/${tenantId}/`,
      oid: administrator.objectId,
    });
  });
});

describe('sign-in page', () => {
  it('lists the accounts as buttons under a policy that allows no script', async () => {
    const reply = await fetch(authorizeUrl({ client_id: spaClientId, redirect_uri: spaRedirectUri }));
    const html = await reply.text();
    expect(html).toContain(`name="account" value="${administrator.userPrincipalName}"`);
    expect(html).toContain('Portal &lt;local&gt;');
    expect(html).toContain('May install &amp; connect');
    const policy = reply.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`form-action 'self' ${new URL(spaRedirectUri).origin}`);
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? '';
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  });

  it.each([
    ['an unknown application', { client_id: tenantId }, 'AADSTS700016'],
    ['a redirect URI that is not registered', { redirect_uri: 'https://evil.example/' }, 'AADSTS50011'],
    ['a redirect URI that only starts alike', { redirect_uri: 'http://localhost/elsewhere' }, 'AADSTS50011'],
  ])('shows %s and redirects nowhere', async (_, change, code) => {
    const reply = await fetch(authorizeUrl(change), { redirect: 'manual' });
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain(code);
  });

  it.each([
    ['a request without PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['an implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['a silent sign-in', { prompt: 'none' }, 'login_required'],
    ['a scope of an unknown API', { scope: 'api://nobody/x' }, 'invalid_resource'],
  ])('sends %s back with its error and state', async (_, change, error) => {
    const { location } = await choose(change);
    expect(location?.searchParams.get('error')).toBe(error);
    expect(location?.searchParams.get('state')).toBe('s1');
  });
});

describe('token endpoint', () => {
  it('redeems a code once', async () => {
    const code = await freshCode();
    expect((await redeem({ code })).status).toBe(200);
    const again = await redeem({ code });
    expect(again.status).toBe(400);
    expect(again.body).toMatchObject({ error: 'invalid_grant', error_codes: [54005] });
    expect(again.body['error_description']).toMatch(/^AADSTS54005: .*Correlation ID: /);
  });

  it('refuses a wrong verifier and leaves the code usable', async () => {
    const code = await freshCode();
    expect((await redeem({ code, code_verifier: 'x'.repeat(43) })).body).toMatchObject({
      error_codes: [501481],
    });
    expect((await redeem({ code })).status).toBe(200);
  });

  it('redeems a page’s code only from its own origin', async () => {
    const spa = { client_id: spaClientId, redirect_uri: spaRedirectUri };
    const code = await freshCode(spa);
    expect((await redeem({ ...spa, code })).body).toMatchObject({ error_codes: [9002327] });
    const foreign = await redeem({ ...spa, code: 'x' }, { origin: 'https://evil.example' });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    const own = await redeem({ ...spa, code }, { origin: new URL(spaRedirectUri).origin });
    expect(own.status).toBe(200);
    expect(own.headers.get('access-control-allow-origin')).toBe(new URL(spaRedirectUri).origin);
  });

  it('refuses other grants and endpoints by name', async () => {
    expect((await redeem({ grant_type: 'password' })).body).toMatchObject({
      error: 'unsupported_grant_type',
    });
    const elsewhere = await fetch(`${entra.origin}/${apiClientId}/v2.0/.well-known/openid-configuration`);
    expect(await elsewhere.json()).toMatchObject({ error_codes: [90002] });
  });

  it('ends codes after ten minutes of its clock', async () => {
    const clock: ManualClock = createManualClock(Date.now());
    const other = await startEntra(identity, clock);
    const code = await freshCode({}, other);
    clock.advance(10 * 60_000);
    expect((await redeem({ code }, {}, other)).body).toMatchObject({ error_codes: [70008] });
    await other.close();
  });
});

it('keeps its keys and codes when it starts again, and tokens of a rotated key stay valid', async () => {
  const store = openStore(':memory:');
  const first = await startEntra(identity, undefined, store);
  const code = await freshCode({}, first);
  const kids = first.jwks().keys.map(({ kid }) => kid);
  await first.close();

  const second = await startEntra(identity, undefined, store);
  expect(second.jwks().keys.map(({ kid }) => kid)).toEqual(kids);
  expect((await redeem({ code }, {}, second)).status).toBe(200);
  const { access_token: token } = await signIn(second);
  await second.rotate();
  const keys = createRemoteJWKSet(new URL(`${second.authority}/discovery/v2.0/keys`));
  await expect(jwtVerify(token, keys)).resolves.toBeDefined();
  expect(second.jwks().keys[0]?.kid).not.toBe(kids[0]);
  await second.close();
});
