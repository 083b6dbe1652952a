import 'reflect-metadata';
import { KeyObject, randomUUID, webcrypto } from 'node:crypto';
import { ClientCertificateCredential, ClientSecretCredential } from '@azure/identity';
import * as x509 from '@peculiar/x509';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import {
  administrator,
  apiClientId,
  apiScope,
  reader,
  signIn,
  startEntra,
  tenantId,
  trustedTls,
} from './tenant.ts';

// Sources: learn.microsoft.com/graph/api/application-post-applications, .../serviceprincipal-post-serviceprincipals,
// .../oauth2permissiongrant-post, .../serviceprincipal-post-approleassignments, and
// learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.

let identity: TlsIdentity;
let entra: Entra;
const store = openStore(':memory:');
beforeAll(async () => {
  identity = await trustedTls('login.localhost', 'graph.localhost');
  entra = await startEntra(identity, systemClock, store);
});
afterAll(() => entra.close());

x509.cryptoProvider.set(webcrypto);

/** A key and its own certificate, as a program keeps them. */
async function rsaIdentity(): Promise<{ pem: string; raw: Buffer }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=program',
    signingAlgorithm: algorithm,
    keys,
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { pem: `${key}${certificate.toString('pem')}\n`, raw: Buffer.from(certificate.rawData) };
}

type Members = Record<string, unknown> & { id: string; appId: string };

async function graph(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Members }> {
  const token = await entra.mint({ aud: 'https://graph.microsoft.com', oid: administrator.objectId });
  const reply = await fetch(`https://graph.localhost:${entra.port}/v1.0${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return { status: reply.status, body: (text ? JSON.parse(text) : {}) as Members };
}
const create = async (members: object) => (await graph('POST', '/applications', members)).body;
const principalOf = async (appId: string) =>
  (await graph('GET', `/servicePrincipals(appId='${appId}')`)).body;

describe('an application', () => {
  it('is created, found, changed and deleted, and is there after a restart', async () => {
    const made = await create({
      displayName: 'Gateway',
      spa: { redirectUris: ['https://gateway.localhost:6516'] },
      requiredResourceAccess: [
        {
          resourceAppId: apiClientId,
          resourceAccess: [{ id: '11111111-1111-4111-8111-111111111111', type: 'Scope' }],
        },
      ],
    });
    expect(made).toMatchObject({ displayName: 'Gateway', signInAudience: 'AzureADMyOrg' });
    const changed = await graph('PATCH', `/applications/${made.id}`, {
      web: { redirectUris: ['https://gateway.localhost:6516/signin'] },
    });
    expect(changed.status).toBe(204);
    const filter = encodeURIComponent(`appId eq '${made.appId}'`);
    await entra.close();
    entra = await startEntra(identity, systemClock, store);
    const { body } = await graph('GET', `/applications?$filter=${filter}&$select=id,spa,web`);
    expect(body['value']).toEqual([
      {
        id: made.id,
        spa: { redirectUris: ['https://gateway.localhost:6516'] },
        web: { redirectUris: ['https://gateway.localhost:6516/signin'] },
      },
    ]);
    expect((await graph('DELETE', `/applications/${made.id}`)).status).toBe(204);
    expect((await graph('GET', `/applications/${made.id}`)).status).toBe(404);
  });

  it.each([
    ['a redirect address without TLS', { spa: { redirectUris: ['http://elsewhere.example/'] } }, 'spa'],
    ['a wildcard', { web: { redirectUris: ['https://*.example/'] } }, 'web'],
    ['no name', { displayName: '' }, 'displayName'],
    ['a member that it does not know', { colour: 'red' }, 'colour'],
  ])('is refused with %s, which the message names', async (_, members, named) => {
    const { status, body } = await graph('POST', '/applications', { displayName: 'x', ...members });
    expect(status).toBe(400);
    expect(body['error']).toMatchObject({
      code: 'Request_BadRequest',
      message: expect.stringContaining(named),
    });
  });

  it('is listed in pages', async () => {
    const { body } = await graph('GET', '/applications?$top=2');
    expect(body['value']).toHaveLength(2);
    const next = new URL(String(body['@odata.nextLink']));
    const { body: second } = await graph('GET', `/applications${next.search}`);
    expect(second['value']).not.toEqual(body['value']);
  });
});

describe('consent', () => {
  it('is needed by an application that was registered here, and given by a grant', async () => {
    const redirectUri = 'http://localhost/back';
    const { appId } = await create({ displayName: 'New', publicClient: { redirectUris: [redirectUri] } });
    const wanted = { clientId: appId, redirectUri, account: reader.userPrincipalName };
    await expect(signIn(entra, wanted)).rejects.toThrow(/authorization/i);
    const client = (await graph('POST', '/servicePrincipals', { appId })).body;
    const grant = await graph('POST', '/oauth2PermissionGrants', {
      clientId: client.id,
      consentType: 'AllPrincipals',
      resourceId: (await principalOf(apiClientId)).id,
      scope: 'user_impersonation',
    });
    expect(grant.status).toBe(201);
    const { access_token: token } = await signIn(entra, wanted);
    expect(decodeJwt(token)).toMatchObject({ azp: appId, scp: 'user_impersonation' });
    expect((await graph('POST', '/servicePrincipals', { appId })).status).toBe(409);
    await graph('DELETE', `/oauth2PermissionGrants/${grant.body.id}`);
    await expect(signIn(entra, wanted)).rejects.toThrow(/authorization/i);
  });
});

describe('an application without a person', () => {
  it('signs in with its secret through the SDK, with the roles that were assigned to it', async () => {
    const roleId = randomUUID();
    const api = await create({
      displayName: 'An API',
      identifierUris: ['api://an-api'],
      api: { requestedAccessTokenVersion: 2 },
      appRoles: [
        {
          id: roleId,
          value: 'Run',
          displayName: 'Run',
          description: 'Runs',
          allowedMemberTypes: ['Application'],
        },
      ],
    });
    const resource = (await graph('POST', '/servicePrincipals', { appId: api.appId })).body;
    const { id, appId } = await create({ displayName: 'Program' });
    const { secretText } = (await graph('POST', `/applications/${id}/addPassword`, {})).body;
    const principal = (await graph('POST', '/servicePrincipals', { appId })).body;
    await graph('POST', `/servicePrincipals/${principal.id}/appRoleAssignments`, {
      principalId: principal.id,
      resourceId: resource.id,
      appRoleId: roleId,
    });
    const credentialFor = (secret: string) =>
      new ClientSecretCredential(tenantId, appId, secret, {
        authorityHost: entra.origin,
        disableInstanceDiscovery: true,
      });
    const { token } = await credentialFor(String(secretText)).getToken('api://an-api/.default');
    expect(decodeJwt(token)).toMatchObject({
      aud: api.appId,
      oid: principal.id,
      azp: appId,
      azpacr: '1',
      idtyp: 'app',
      roles: ['Run'],
    });
    await expect(credentialFor('wrong').getToken('api://an-api/.default')).rejects.toThrow('AADSTS7000215');
    expect(JSON.stringify((await graph('GET', `/applications/${id}`)).body)).not.toContain(secretText);
  });

  it('signs in with the key of its certificate through the SDK, and not with another', async () => {
    const registered = await rsaIdentity();
    const { appId } = await create({
      displayName: 'With a certificate',
      keyCredentials: [
        { type: 'AsymmetricX509Cert', usage: 'Verify', key: registered.raw.toString('base64') },
      ],
    });
    await graph('POST', '/servicePrincipals', { appId });
    const tokenWith = async (certificate: string) => {
      const options = { authorityHost: entra.origin, disableInstanceDiscovery: true };
      const credential = new ClientCertificateCredential(tenantId, appId, { certificate }, options);
      return (await credential.getToken('https://management.azure.com/.default')).token;
    };
    expect(decodeJwt(await tokenWith(registered.pem))).toMatchObject({ appid: appId, appidacr: '2' });
    await expect(tokenWith((await rsaIdentity()).pem)).rejects.toThrow('AADSTS700027');
  });

  it('is refused without a secret', async () => {
    const reply = await fetch(`${entra.authority}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: apiClientId,
        scope: apiScope,
      }),
    });
    expect(await reply.json()).toMatchObject({ error: 'invalid_client', error_codes: [7000216] });
  });
});
