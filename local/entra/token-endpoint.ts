import { createHash } from 'node:crypto';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { Directory, LocalApplication, RedirectKind } from './directory.ts';
import { EntraError, type EntraErrorNumber } from './errors.ts';
import type { GrantedCodes } from './granted-codes.ts';
import { parseScopes } from './scopes.ts';
import { type TokenIssuer, tokenLifetimeSeconds } from './token-issuer.ts';

interface TokenRequest {
  form: URLSearchParams;
  application: LocalApplication;
  /** The browser's Origin header; programs send none. */
  origin: string | undefined;
}

interface Granted {
  clientId: string;
  objectId: string;
  scope: string;
  redirectKind: RedirectKind;
  nonce: string | undefined;
  refreshExpiresAt: number | undefined;
}

function requireField(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value)
    throw new EntraError(900144, `The request body must contain the following parameter: '${name}'.`);
  return value;
}

/** Codes of single-page applications are redeemed from their origin and nowhere else, others never cross-origin. */
function requireOrigin(kind: RedirectKind, origin: string | undefined): void {
  if (kind === 'spa' && origin === undefined)
    throw new EntraError(
      9002327,
      "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
    );
  if (kind !== 'spa' && origin !== undefined)
    throw new EntraError(
      9002326,
      "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
    );
}

const refusals: Record<'unknown' | 'redeemed' | 'expired', readonly [EntraErrorNumber, string]> = {
  unknown: [70000, "Provided grant is invalid: 'code' was not issued by this authorization server."],
  redeemed: [54005, 'OAuth2 Authorization code was already redeemed.'],
  expired: [70008, 'The provided authorization code has expired.'],
};

/** `/{tenant}/oauth2/v2.0/token` for the grants `authorization_code` and `refresh_token`. */
export function createTokenEndpoint(directory: Directory, codes: GrantedCodes, issuer: TokenIssuer) {
  const redeemCode = ({ form, application, origin }: TokenRequest): Granted => {
    const code = requireField(form, 'code');
    const found = codes.findCode(code);
    if (found.state !== 'fresh') throw new EntraError(...refusals[found.state]);
    const { consent } = found;
    if (consent.clientId !== application.clientId)
      throw new EntraError(700005, 'Provided authorization code was issued for another client.');
    if (consent.redirectUri !== requireField(form, 'redirect_uri'))
      throw new EntraError(500112, 'The reply address does not match the one of the authorization request.');
    requireOrigin(consent.redirectKind, origin);
    const challenge = createHash('sha256').update(requireField(form, 'code_verifier')).digest('base64url');
    if (challenge !== consent.codeChallenge)
      throw new EntraError(501481, 'The code_verifier does not match the code_challenge of the request.');
    if (!codes.redeem(code)) throw new EntraError(...refusals.redeemed);
    return { ...consent, refreshExpiresAt: undefined };
  };

  const redeemRefreshToken = ({ form, application, origin }: TokenRequest): Granted => {
    const found = codes.findRefreshToken(requireField(form, 'refresh_token'));
    if (!found) throw new EntraError(70008, 'The provided refresh token has expired or was never issued.');
    if (found.clientId !== application.clientId)
      throw new EntraError(700005, 'The refresh token was issued for another client.');
    requireOrigin(found.redirectKind, origin);
    return {
      ...found,
      scope: form.get('scope') ?? found.scope,
      nonce: undefined,
      refreshExpiresAt: found.redirectKind === 'spa' ? found.expiresAt : undefined,
    };
  };

  return async (request: HttpRequest): Promise<HttpReply> => {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const grantType = requireField(form, 'grant_type');
    const clientId = requireField(form, 'client_id');
    const application = directory.findApplication(clientId);
    if (!application)
      throw new EntraError(
        700016,
        `Application with identifier '${clientId}' was not found in the directory.`,
      );
    const call = { form, application, origin: request.headers.origin };
    let granted: Granted;
    if (grantType === 'authorization_code') granted = redeemCode(call);
    else if (grantType === 'refresh_token') granted = redeemRefreshToken(call);
    else throw new EntraError(70003, `The local Entra stand-in does not support grant_type '${grantType}'.`);

    const account = directory.findAccount(granted.objectId);
    if (!account) throw new EntraError(50034, 'The user account does not exist in the directory any more.');
    const scopes = parseScopes(directory, granted.scope);
    const { wantsRefreshToken, wantsIdToken } = scopes;
    // Asked for nothing but sign-in, Entra gives an access token for Graph.
    const grant = scopes.grant ?? {
      audience: 'https://graph.microsoft.com',
      version: '1.0' as const,
      scopes: ['openid', 'profile'],
    };
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        token_type: 'Bearer',
        scope: scopes.text,
        expires_in: tokenLifetimeSeconds,
        ext_expires_in: tokenLifetimeSeconds,
        access_token: await issuer.accessToken(account, application.clientId, grant),
        ...(wantsIdToken && { id_token: await issuer.idToken(account, application.clientId, granted.nonce) }),
        ...(wantsRefreshToken && {
          refresh_token: codes.issueRefreshToken(
            {
              clientId: application.clientId,
              objectId: account.objectId,
              scope: granted.scope,
              redirectKind: granted.redirectKind,
            },
            granted.refreshExpiresAt,
          ),
        }),
      },
    };
  };
}
