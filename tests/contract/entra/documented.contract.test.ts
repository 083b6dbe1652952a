import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { administrator, startEntra, trustedTls } from './tenant.ts';

/**
 * What the documentation promises, against the stand-in, or against Entra when all three variables are set: the
 * authority as `https://login.microsoftonline.com/<tenant id>`, and an application with a secret. It only reads.
 */
const elsewhere = {
  authority: process.env['ENTRA_CONTRACT_AUTHORITY'],
  clientId: process.env['ENTRA_CONTRACT_CLIENT_ID'],
  secret: process.env['ENTRA_CONTRACT_CLIENT_SECRET'],
};
const page = 'learn.microsoft.com/entra/identity-platform';
const resource = 'https://management.azure.com';

let entra: Entra | undefined;
let [authority, clientId, secret] = ['', '', ''];

/** Registers a program with a secret in the local tenant, through Graph. */
async function register(tenant: Entra): Promise<void> {
  const token = await tenant.mint({ aud: 'https://graph.microsoft.com', oid: administrator.objectId });
  const post = async (path: string, body: object) => {
    const reply = await fetch(`https://graph.localhost:${tenant.port}/v1.0${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return (await reply.json()) as Record<string, unknown>;
  };
  const { id, appId } = await post('/applications', { displayName: 'Contract' });
  await post('/servicePrincipals', { appId });
  const { secretText } = await post(`/applications/${String(id)}/addPassword`, {});
  [authority, clientId, secret] = [tenant.authority, String(appId), String(secretText)];
}

beforeAll(async () => {
  if (elsewhere.authority && elsewhere.clientId && elsewhere.secret) {
    [authority, clientId, secret] = [elsewhere.authority, elsewhere.clientId, elsewhere.secret];
    return;
  }
  entra = await startEntra(await trustedTls('login.localhost', 'graph.localhost'));
  await register(entra);
});
afterAll(() => entra?.close());

const discover = async () => {
  const issuer = new URL(`${authority}/v2.0`);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
};
const ask = async (change: { secret?: string; scope?: string } = {}) => {
  const client = { client_id: clientId };
  const server = await discover();
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretPost(change.secret ?? secret),
    { scope: change.scope ?? `${resource}/.default` },
  );
  return oauth.processClientCredentialsResponse(server, client, response);
};

describe('a tenant, as documented', () => {
  it(`names its issuer and its endpoints below the authority (${page}/v2-protocols-oidc)`, async () => {
    expect(await discover()).toMatchObject({
      issuer: `${authority}/v2.0`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${authority}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    });
  });

  it(`publishes RSA keys by their identifiers (${page}/signing-key-rollover)`, async () => {
    const reply = await fetch((await discover()).jwks_uri ?? '');
    const { keys } = (await reply.json()) as { keys: Record<string, unknown>[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys)
      expect(key).toMatchObject({ kty: 'RSA', use: 'sig', kid: expect.stringMatching(/./), e: 'AQAB' });
  });

  it(`gives a program a bearer token and no refresh token (${page}/v2-oauth2-client-creds-grant-flow)`, async () => {
    const answer = await ask();
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: expect.any(Number) });
    expect(answer.refresh_token).toBeUndefined();
  });

  it(`signs that token with a published key and says who asked how (${page}/access-token-claims-reference)`, async () => {
    const { access_token: token } = await ask();
    const keys = createRemoteJWKSet(new URL((await discover()).jwks_uri ?? ''));
    const { payload } = await jwtVerify(token, keys);
    const tenantId = authority.split('/').at(-1);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'JWT', alg: 'RS256' });
    expect(String(payload.aud).replace(/\/$/, '')).toBe(resource);
    expect(payload).toMatchObject({
      iss: `https://sts.windows.net/${tenantId}/`,
      tid: tenantId,
      appid: clientId,
      appidacr: '1',
      ver: '1.0',
    });
    expect(payload.sub).toBe(payload['oid']);
  });

  it(`refuses a wrong secret as AADSTS7000215 (${page}/reference-error-codes)`, async () => {
    await expect(ask({ secret: 'wrong' })).rejects.toMatchObject({
      status: 401,
      error: 'invalid_client',
      cause: {
        error_codes: [7000215],
        error_description: expect.stringMatching(/^AADSTS7000215: /),
        trace_id: expect.any(String),
        correlation_id: expect.any(String),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      },
    });
  });

  it(`refuses a program a scope that is no /.default (${page}/v2-oauth2-client-creds-grant-flow)`, async () => {
    await expect(ask({ scope: `${resource}/user_impersonation` })).rejects.toMatchObject({
      status: 400,
      error: 'invalid_scope',
    });
  });
});
