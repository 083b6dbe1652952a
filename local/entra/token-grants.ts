import { createHash } from 'node:crypto';
import type { DeviceCodes } from './device-codes.ts';
import type { RedirectKind } from './directory.ts';
import { EntraError, type EntraErrorNumber } from './errors.ts';
import type { GrantedCodes } from './granted-codes.ts';
import type { Application } from './objects.ts';

export interface TokenRequest {
  form: URLSearchParams;
  application: Application;
  /** The browser's Origin header; programs send none. */
  origin: string | undefined;
}

export interface Granted {
  clientId: string;
  objectId: string;
  scope: string;
  redirectKind: RedirectKind;
  nonce: string | undefined;
  refreshExpiresAt: number | undefined;
}

export function requireField(form: URLSearchParams, name: string): string {
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

const deviceRefusals: Record<string, readonly [EntraErrorNumber, string]> = {
  unknown: [70018, 'The device code was not issued to this client.'],
  redeemed: [54005, 'The device code was already redeemed.'],
  expired: [70019, 'The code has expired: nobody entered it in time.'],
  pending: [70016, 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.'],
  slow_down: [70020, 'The client polls too fast: wait five seconds more from now on.'],
  declined: [70021, 'The person declined to sign in.'],
};

/** What each grant type of a person answers, or throws. */
export function createTokenGrants(codes: GrantedCodes, devices: DeviceCodes) {
  const redeemCode = ({ form, application, origin }: TokenRequest): Granted => {
    const code = requireField(form, 'code');
    const found = codes.findCode(code);
    if (found.state !== 'fresh') throw new EntraError(...refusals[found.state]);
    const { consent } = found;
    if (consent.clientId !== application.appId)
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
    if (found.clientId !== application.appId)
      throw new EntraError(700005, 'The refresh token was issued for another client.');
    requireOrigin(found.redirectKind, origin);
    return {
      ...found,
      scope: form.get('scope') ?? found.scope,
      nonce: undefined,
      refreshExpiresAt: found.redirectKind === 'spa' ? found.expiresAt : undefined,
    };
  };

  const redeemDeviceCode = ({ form, application }: TokenRequest): Granted => {
    const found = devices.poll(requireField(form, 'device_code'), application.appId);
    if (found.state !== 'granted') {
      const refusal = deviceRefusals[found.state];
      throw refusal ? new EntraError(...refusal) : new Error(`no refusal for ${found.state}`);
    }
    const { request, objectId } = found;
    return { ...request, objectId, redirectKind: 'public', nonce: undefined, refreshExpiresAt: undefined };
  };

  return {
    authorization_code: redeemCode,
    refresh_token: redeemRefreshToken,
    'urn:ietf:params:oauth:grant-type:device_code': redeemDeviceCode,
    // What MSAL sends, from before the RFC.
    device_code: redeemDeviceCode,
  };
}
