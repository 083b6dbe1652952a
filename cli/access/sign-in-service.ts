import * as oauth from 'oauth4webapi';
import { type PortalConfig, portalConfigReply } from '#shared/protocol/api.ts';
import { Failure, failureOf, reasonOf } from '../failure.ts';

/** Milliseconds, for each request of a flow. */
const requestMs = 30_000;
/** Seconds that a token is used where the service does not say how long it lives. */
const shortLifeS = 300;

/** Where a token comes from: enough to ask for the next one. */
export interface SignInService {
  authority: string;
  clientId: string;
  scope: string;
}

/** What a person got by signing in. */
export interface Grant {
  service: SignInService;
  accessToken: string;
  /** Unix milliseconds. */
  expiresAt: number;
  /** Only where it was asked for. */
  refreshToken?: string;
}

export interface FlowOptions {
  service: SignInService;
  /** A refresh token is wanted too. */
  stays: boolean;
  signal: AbortSignal;
}

/** As the deployment describes its sign-in. Throws a `Failure`. */
export async function readSignInService(baseUrl: string, signal: AbortSignal): Promise<SignInService> {
  const address = `${baseUrl}/portal/config.json`;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
  const response = await fetch(address, { signal: deadline }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw failureOf('api_unreachable', `${address}: ${reasonOf(cause)}`, cause);
  });
  const text = await response.text();
  try {
    if (!response.ok) throw new Error(`status ${response.status}`);
    const config: PortalConfig = portalConfigReply.parse(JSON.parse(text));
    return { authority: config.authority, clientId: config.commandLineClientId, scope: config.scope };
  } catch (cause) {
    throw failureOf('sign_in_undescribed', `${address}: ${reasonOf(cause).slice(0, 200)}`, cause);
  }
}

export const requestOptions = (signal: AbortSignal) => ({
  signal: () => AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
});

/** The service's own metadata (OpenID Connect Discovery 1.0). */
export async function discover({ authority }: SignInService, signal: AbortSignal) {
  const issuer = new URL(authority);
  const response = await oauth.discoveryRequest(issuer, requestOptions(signal));
  return oauth.processDiscoveryResponse(issuer, response);
}

export const scopesOf = ({ scope }: SignInService, stays: boolean): string =>
  stays ? `${scope} offline_access` : scope;

export const grantOf = (
  service: SignInService,
  { access_token, expires_in = shortLifeS, refresh_token }: oauth.TokenEndpointResponse,
  nowMs: number,
): Grant => ({
  service,
  accessToken: access_token,
  expiresAt: nowMs + expires_in * 1000,
  ...(refresh_token !== undefined && { refreshToken: refresh_token }),
});

/** The service could not be reached: it said nothing. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');

/** In the words of the sign-in service where it said something (RFC 6749 sections 4.1.2.1 and 5.2). */
export function signInFailure(error: unknown, { authority }: SignInService): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError)
    return failureOf('sign_in_refused', error.error_description ?? error.error, error);
  if (isUnreachable(error))
    return failureOf('sign_in_unreachable', `${authority}: ${reasonOf(error)}`, error);
  return failureOf('sign_in_refused', reasonOf(error), error);
}
