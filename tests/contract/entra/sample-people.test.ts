import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import * as sample from '#local/samples/sample-data.ts';
import { signIn, trustedTls } from './tenant.ts';

let entra: Entra;
let identity: ManagedIdentity;

beforeAll(async () => {
  entra = await createEntra({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    tls: await trustedTls('login.localhost', 'graph.localhost'),
    tenantId: sample.tenantId,
    accounts: sample.accounts,
    groups: sample.groups,
    applications: sample.applicationsFor('http://127.0.0.1:7071'),
    servicePrincipals: sample.servicePrincipals,
    appRoleAssignments: sample.appRoleAssignments,
  });
  identity = await createManagedIdentity({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    issue: entra.mint,
    appRolesOf: entra.appRolesOf,
    identities: [{ header: 'of-the-app', objectId: sample.principals.app, clientId: sample.appIdOf('app') }],
  });
});
afterAll(async () => {
  await identity.close();
  await entra.close();
});

async function claimsOf(account: string): Promise<Record<string, unknown>> {
  const { access_token: token } = await signIn(entra, {
    clientId: sample.commandLineClientId,
    redirectUri: sample.commandLineRedirect,
    scope: `openid ${sample.apiScope}`,
    account,
  });
  return decodeJwt(token);
}

async function rolesOfApp(resource: string): Promise<unknown> {
  const reply = await fetch(`${identity.endpoint}?api-version=2019-08-01&resource=${resource}`, {
    headers: { 'x-identity-header': 'of-the-app' },
  });
  const { access_token: token } = (await reply.json()) as { access_token: string };
  return decodeJwt(token)['roles'];
}

describe('sample people', () => {
  it('have the app role of this API in their token when it was assigned to them', async () => {
    expect(await claimsOf('auditor@sample.localhost')).toMatchObject({ roles: ['Audit.Read'] });
    expect(await claimsOf('administrator@sample.localhost')).not.toHaveProperty('roles');
  });

  it('are in groups within groups', () => {
    const helpDesk = sample.accounts.find(({ displayName }) => displayName === 'Help desk agent');
    expect(entra.groupsOf(helpDesk?.objectId ?? '')).toEqual(sample.groups.map(({ objectId }) => objectId));
  });

  it('gives the app its permission of Graph and nothing elsewhere', async () => {
    expect(await rolesOfApp(`https://graph.localhost:${entra.port}`)).toEqual(['Directory.Read.All']);
    expect(await rolesOfApp('https://graph.microsoft.com')).toEqual(['Directory.Read.All']);
    expect(await rolesOfApp('https://management.azure.com')).toBeUndefined();
  });
});
