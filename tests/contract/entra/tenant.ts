import tls from 'node:tls';
import * as oauth from 'oauth4webapi';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { type Clock, systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';

export const tenantId = '00000000-0000-4000-8000-00000000000a';
export const apiClientId = '00000000-0000-4000-8000-0000000000a1';
export const spaClientId = '00000000-0000-4000-8000-0000000000a2';
export const cliClientId = '00000000-0000-4000-8000-0000000000a3';
export const apiScope = `api://${apiClientId}/user_impersonation`;
export const spaRedirectUri = 'http://127.0.0.1:7071/portal/';
export const groups = {
  operators: '00000000-0000-4000-8000-0000000000c1',
  everyone: '00000000-0000-4000-8000-0000000000c2',
};
export const administrator = {
  objectId: '00000000-0000-4000-8000-0000000000b1',
  userPrincipalName: 'admin@local.test',
  displayName: 'Sample administrator',
  description: 'May install & connect',
  memberOf: [groups.operators],
};
export const reader = {
  objectId: '00000000-0000-4000-8000-0000000000b2',
  userPrincipalName: 'reader@local.test',
  displayName: 'Sample reader',
};

/** TLS for the stand-ins of one test file, trusted by this process. */
export async function trustedTls(...names: string[]): Promise<TlsIdentity> {
  const root = await createLocalRoot(Date.now());
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), root.cert]);
  return issueServerIdentity(root, names, Date.now());
}

export async function startEntra(
  identity: TlsIdentity,
  clock: Clock = systemClock,
  store = openStore(':memory:'),
): Promise<Entra> {
  return createEntra({
    clock,
    store,
    port: 0,
    tls: identity,
    tenantId,
    accounts: [administrator, reader],
    groups: [
      { objectId: groups.operators, displayName: 'Operators', memberOf: [groups.everyone] },
      { objectId: groups.everyone, displayName: 'Everyone', memberOf: [groups.operators] },
    ],
    applications: [
      {
        clientId: apiClientId,
        displayName: 'Control plane',
        api: { identifierUri: `api://${apiClientId}`, scopes: ['user_impersonation'] },
      },
      {
        clientId: spaClientId,
        displayName: 'Portal <local>',
        redirectUris: [{ kind: 'spa', uri: spaRedirectUri }],
      },
      {
        clientId: cliClientId,
        displayName: 'Command line',
        redirectUris: [{ kind: 'public', uri: 'http://localhost' }],
      },
    ],
  });
}

export interface SignIn {
  clientId?: string;
  redirectUri?: string;
  scope?: string;
  account?: string;
  /** Sent with the token request, as a browser does. */
  origin?: string;
}

export async function discover(entra: Entra): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(`${entra.authority}/v2.0`);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
}

/** The authorization-code flow with PKCE as a program runs it: post the account, follow the redirect by hand. */
export async function signIn(entra: Entra, wanted: SignIn = {}): Promise<oauth.TokenEndpointResponse> {
  const {
    clientId = cliClientId,
    redirectUri = 'http://localhost:4711/',
    account = administrator.userPrincipalName,
  } = wanted;
  const server = await discover(entra);
  const client: oauth.Client = { client_id: clientId };
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const url = new URL(server.authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: wanted.scope ?? `openid offline_access ${apiScope}`,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  const chosen = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ account }),
    redirect: 'manual',
  });
  const callback = oauth.validateAuthResponse(
    server,
    client,
    new URL(chosen.headers.get('location') ?? ''),
    state,
  );
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    callback,
    redirectUri,
    verifier,
    wanted.origin === undefined ? {} : { headers: { origin: wanted.origin } },
  );
  return oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce });
}
