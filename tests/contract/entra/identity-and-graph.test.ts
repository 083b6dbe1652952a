import { ManagedIdentityCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import {
  administrator,
  apiClientId,
  groups,
  reader,
  signIn,
  startEntra,
  tenantId,
  trustedTls,
} from './tenant.ts';

const machine = {
  header: 'secret-of-the-machine',
  objectId: '00000000-0000-4000-8000-0000000000d1',
  clientId: '00000000-0000-4000-8000-0000000000e1',
  resourceId: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/m1',
};
const app = {
  header: 'secret-of-the-app',
  objectId: '00000000-0000-4000-8000-0000000000d2',
  clientId: '00000000-0000-4000-8000-0000000000e2',
};

let entra: Entra;
let msi: ManagedIdentity;
beforeAll(async () => {
  entra = await startEntra(await trustedTls('login.localhost', 'graph.localhost'));
  msi = await createManagedIdentity({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    issue: entra.mint,
    identities: [machine, app],
    machine: machine.objectId,
  });
});
afterAll(() => Promise.all([entra.close(), msi.close()]));
afterEach(() => vi.unstubAllEnvs());

describe('managed identity', () => {
  it('answers the SDK’s credential as App Service does', async () => {
    vi.stubEnv('IDENTITY_ENDPOINT', msi.endpoint);
    vi.stubEnv('IDENTITY_HEADER', app.header);
    const { token, expiresOnTimestamp } = await new ManagedIdentityCredential().getToken(
      'https://management.azure.com/.default',
    );
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      iss: `https://sts.windows.net/${tenantId}/`,
      aud: 'https://management.azure.com',
      oid: app.objectId,
      appid: app.clientId,
      idtyp: 'app',
      tid: tenantId,
    });
    expect(claims['xms_mirid']).toBeUndefined();
    expect(expiresOnTimestamp).toBe((claims.exp ?? 0) * 1000);
  });

  // Asked directly: the SDK keeps one token cache per process, whatever the header says.
  it('gives a machine its own principal and resource id by its header', async () => {
    const reply = await fetch(`${msi.endpoint}?api-version=2019-08-01&resource=https://vault.localhost`, {
      headers: { 'x-identity-header': machine.header },
    });
    const { access_token: token } = (await reply.json()) as { access_token: string };
    expect(decodeJwt(token)).toMatchObject({ oid: machine.objectId, xms_mirid: machine.resourceId });
  });

  it('refuses a wrong header, a missing resource and another identity', async () => {
    const ask = (query: string, header: string) =>
      fetch(`${msi.endpoint}?${query}`, { headers: { 'x-identity-header': header } });
    const good = 'api-version=2019-08-01&resource=https://vault.localhost';
    expect((await ask(good, 'guess')).status).toBe(401);
    expect((await ask('api-version=2019-08-01', app.header)).status).toBe(400);
    expect((await ask(good.replace('2019-08-01', '2018-02-01'), app.header)).status).toBe(400);
    expect((await ask(`${good}&client_id=${machine.clientId}`, app.header)).status).toBe(400);
    expect((await ask(good, app.header)).status).toBe(200);
  });
});

// Source: learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
describe('the metadata service of a machine', () => {
  const ask = (query: string, headers: Record<string, string> = { metadata: 'true' }) =>
    fetch(`${msi.metadataOrigin}/metadata/identity/oauth2/token?${query}`, { headers });
  const good = 'api-version=2018-02-01&resource=https://vault.localhost';

  it('gives the machine’s token to whoever asks with the header, and to nobody else', async () => {
    const body = (await (await ask(good)).json()) as Record<string, string>;
    expect(decodeJwt(body['access_token'] ?? '')).toMatchObject({ xms_mirid: machine.resourceId });
    expect(Number(body['expires_on']) - Number(body['not_before'])).toBe(Number(body['expires_in']));
    expect((await ask(good, {})).status).toBe(400);
    expect((await ask(good, { metadata: 'true', 'x-forwarded-for': '1.2.3.4' })).status).toBe(400);
    expect((await ask(`${good}&client_id=${app.clientId}`)).status).toBe(400);
    expect((await ask(good.replace('2018', '1999'))).status).toBe(400);
  });
});

describe('a client while a fault is switched on', () => {
  afterEach(() => {
    entra.faults.clear();
    msi.faults.clear();
  });
  const token = () => fetch(`${entra.authority}/oauth2/v2.0/token`, { method: 'POST', body: 'grant_type=x' });

  it('sees status, throttle and drop in the shape of Entra, Graph and the platform', async () => {
    entra.faults.set('token', { throttleMs: 2000, count: 1 });
    const throttled = await token();
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '2']);
    expect(await throttled.json()).toMatchObject({ error: 'temporarily_unavailable' });
    entra.faults.set('token', { status: 503, delayMs: 5, count: 1 });
    expect(await (await token()).json()).toMatchObject({ error_codes: [90055] });
    entra.faults.set('token', { drop: true, count: 1 });
    await expect(token()).rejects.toThrow('fetch failed');
    entra.faults.set('graph GET /me', { throttleMs: 0, count: 1 });
    const graph = await fetch(`https://graph.localhost:${entra.port}/v1.0/me`);
    expect(await graph.json()).toMatchObject({ error: { code: 'TooManyRequests' } });
    msi.faults.set('token', { throttleMs: 0, count: 1 });
    expect((await fetch(msi.endpoint)).status).toBe(429);
  });

  it('finds tokens of a clock that is fast not valid yet', async () => {
    entra.faults.set('token', { skewMs: 600_000, count: 1 });
    await expect(signIn(entra)).rejects.toThrow('"nbf" (not before)');
  });

  it('is in the tables that somebody who looks sees, without a secret', async () => {
    await signIn(entra);
    const tables = entra.inspect?.() ?? [];
    const rowsOf = (title: string) => tables.find((table) => table.title === title)?.rows ?? [];
    expect(rowsOf('Accounts').map(([name]) => name)).toContain(administrator.userPrincipalName);
    expect(rowsOf('Tokens since the start').map(([audience]) => audience)).toContain(apiClientId);
    expect(rowsOf('Applications').length).toBeGreaterThan(3);
    expect(msi.inspect?.()[0]?.rows).toHaveLength(2);
    expect(entra.operations).toEqual(expect.arrayContaining(['token', 'devicelogin', 'graph GET /me']));
  });
});

describe('Graph', () => {
  const graph = async (path: string, token: string, init: RequestInit = {}) => {
    const reply = await fetch(`https://graph.localhost:${entra.port}/v1.0${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  const appToken = () => entra.mint({ aud: 'https://graph.microsoft.com', oid: app.objectId, idtyp: 'app' });
  const memberGroups = { method: 'POST', body: JSON.stringify({ securityEnabledOnly: true }) };

  it('says who the signed-in person is', async () => {
    const { access_token: token } = await signIn(entra, { scope: 'openid User.Read' });
    expect((await graph('/me', token)).body).toMatchObject({
      id: administrator.objectId,
      userPrincipalName: administrator.userPrincipalName,
    });
  });

  it('finds transitive groups through a cycle', async () => {
    const { body } = await graph(
      `/directoryObjects/${administrator.objectId}/getMemberGroups`,
      await appToken(),
      memberGroups,
    );
    expect(body['value']).toEqual([groups.operators, groups.everyone]);
    const none = await graph(
      `/users/${reader.userPrincipalName}/getMemberGroups`,
      await appToken(),
      memberGroups,
    );
    expect(none.body['value']).toEqual([]);
  });

  it('refuses a token for another audience, an unknown object and an unknown operation', async () => {
    const armToken = await entra.mint({ aud: 'https://management.azure.com', oid: app.objectId });
    expect((await graph('/me', armToken)).body).toMatchObject({
      error: { code: 'InvalidAuthenticationToken' },
    });
    expect((await graph('/users/nobody', await appToken())).body).toMatchObject({
      error: { code: 'Request_ResourceNotFound' },
    });
    const lacking = await graph('/domains', await appToken());
    expect(lacking.status).toBe(501);
    expect(lacking.body).toMatchObject({ error: { message: expect.stringContaining('/v1.0/domains') } });
  });
});
