import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import { appRolesOf } from './app-roles.ts';
import { authenticateClient, readClient } from './client-authentication.ts';
import { requireConsent } from './consent.ts';
import type { DeviceCodes } from './device-codes.ts';
import type { Directory } from './directory.ts';
import { EntraError } from './errors.ts';
import type { GrantedCodes } from './granted-codes.ts';
import { parseScopes } from './scopes.ts';
import { createTokenGrants, type Granted, requireField, type TokenRequest } from './token-grants.ts';
import { type TokenIssuer, tokenLifetimeSeconds } from './token-issuer.ts';

export interface TokenEndpointOptions {
  directory: Directory;
  codes: GrantedCodes;
  devices: DeviceCodes;
  issuer: TokenIssuer;
  clock: Clock;
}

type Proof = '0' | '1' | '2';

const answer = (body: object): HttpReply => ({
  status: 200,
  headers: { 'cache-control': 'no-store' },
  body: {
    token_type: 'Bearer',
    expires_in: tokenLifetimeSeconds,
    ext_expires_in: tokenLifetimeSeconds,
    ...body,
  },
});

/**
 * `/{tenant}/oauth2/v2.0/token` for the grants `authorization_code`, `refresh_token`, device code and
 * `client_credentials`. Confidential clients prove themselves by a secret or by an assertion.
 */
export function createTokenEndpoint(options: TokenEndpointOptions) {
  const { directory, codes, clock } = options;
  const grants = createTokenGrants(codes, options.devices);

  /** RFC 6749 section 4.4: the application itself, for one resource as a whole. */
  const forApplication = async (issuer: TokenIssuer, { form, application }: TokenRequest, proof: Proof) => {
    if (proof === '0')
      throw new EntraError(
        7000216,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
      );
    const principal = directory.principalOf(application.appId);
    if (!principal)
      throw new EntraError(
        7000229,
        `The client application ${application.appId} is missing service principal.`,
      );
    const { grant, text } = parseScopes(directory, requireField(form, 'scope'));
    if (!grant || !/^\S+\/\.default$/.test(text))
      throw new EntraError(
        70011,
        `The provided value for the input parameter 'scope' is not valid: ${text.slice(0, 200)}. It must end with /.default.`,
      );
    const client = {
      clientId: application.appId,
      objectId: principal.id,
      proof,
      roles: appRolesOf(directory, principal.id, grant.audience),
    };
    return answer({ access_token: await issuer.appToken(client, grant) });
  };

  const forPerson = async (issuer: TokenIssuer, granted: Granted, isRenewal: boolean) => {
    const { clientId, objectId, scope, redirectKind, nonce } = granted;
    const account = directory.findAccount(objectId);
    if (!account) throw new EntraError(50034, 'The user account does not exist in the directory any more.');
    requireConsent(directory, clientId, account.objectId, scope);
    const scopes = parseScopes(directory, scope);
    // Asked for nothing but sign-in, Entra gives an access token for Graph.
    const grant = scopes.grant ?? {
      audience: 'https://graph.microsoft.com',
      version: '1.0' as const,
      scopes: ['openid', 'profile'],
    };
    // A refresh token is answered with the next one, whatever scopes were asked for this time.
    const wantsRefreshToken = isRenewal || scopes.wantsRefreshToken;
    return answer({
      scope: scopes.text,
      access_token: await issuer.accessToken(account, clientId, {
        ...grant,
        roles: appRolesOf(directory, account.objectId, grant.audience),
      }),
      ...(scopes.wantsIdToken && { id_token: await issuer.idToken(account, clientId, nonce) }),
      ...(wantsRefreshToken && {
        refresh_token: codes.issueRefreshToken(
          { clientId, objectId: account.objectId, scope, redirectKind },
          granted.refreshExpiresAt,
        ),
      }),
    });
  };

  return async (request: HttpRequest): Promise<HttpReply> => {
    const skewMs = request.fault?.skewMs;
    const issuer = skewMs ? options.issuer.skewed(skewMs) : options.issuer;
    const form = new URLSearchParams(request.body.toString('utf8'));
    const grantType = requireField(form, 'grant_type');
    const { clientId, secret } = readClient(form, request.headers.authorization);
    if (!clientId) requireField(form, 'client_id');
    const application = directory.findApplication(clientId);
    if (!application)
      throw new EntraError(
        700016,
        `Application with identifier '${clientId}' was not found in the directory.`,
      );
    const { v2 } = options.issuer.issuers();
    const audiences = [v2, `${v2.replace(/\/v2\.0$/, '')}/oauth2/v2.0/token`];
    const proof = await authenticateClient({ application, secret, form, audiences, clock });
    const call = { form, application, origin: request.headers.origin };
    if (grantType === 'client_credentials') return forApplication(issuer, call, proof);
    const redeem = Object.hasOwn(grants, grantType) ? grants[grantType as keyof typeof grants] : undefined;
    if (!redeem)
      throw new EntraError(70003, `The local Entra stand-in does not support grant_type '${grantType}'.`);
    const granted = redeem(call);
    if (granted.redirectKind === 'web' && proof === '0')
      throw new EntraError(
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      );
    return forPerson(issuer, granted, grantType === 'refresh_token');
  };
}
