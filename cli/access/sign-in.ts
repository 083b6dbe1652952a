import * as oauth from 'oauth4webapi';
import { type PortalConfig, portalConfigReply } from '#shared/protocol/api.ts';
import { Failure, failureOf, reasonOf } from '../failure.ts';
import { listenForRedirect } from './loopback-redirect.ts';

/** How long the sign-in page may stay open: an authorization code lives ten minutes, a person needs less. */
const personMs = 5 * 60_000;
/** For each request of the flow. */
const requestMs = 30_000;

export interface SignInOptions {
  baseUrl: string;
  signal: AbortSignal;
  /** Shows the address of the sign-in page to the person; called once. */
  show(url: string): void;
}

async function readConfig(baseUrl: string, signal: AbortSignal): Promise<PortalConfig> {
  const address = `${baseUrl}/portal/config.json`;
  const response = await fetch(address, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw failureOf('api_unreachable', `${address}: ${reasonOf(cause)}`, cause);
  });
  const text = await response.text();
  try {
    if (!response.ok) throw new Error(`status ${response.status}`);
    return portalConfigReply.parse(JSON.parse(text));
  } catch (cause) {
    throw failureOf('sign_in_undescribed', `${address}: ${reasonOf(cause).slice(0, 200)}`, cause);
  }
}

/** In the words of the sign-in service where it said something (RFC 6749 sections 4.1.2.1 and 5.2). */
function signInFailure(error: unknown, authority: string): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError)
    return failureOf('sign_in_refused', error.error_description ?? error.error, error);
  if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))
    return failureOf('sign_in_unreachable', `${authority}: ${reasonOf(error)}`, error);
  return failureOf('sign_in_refused', reasonOf(error), error);
}

/**
 * Signs a person in with the browser: authorization code with PKCE on a loopback redirect (RFC 7636, RFC 8252), as
 * the command line's own public client. Answers the access token; it is kept nowhere. Throws a `Failure`.
 */
export async function signIn({ baseUrl, signal, show }: SignInOptions): Promise<string> {
  const config = await readConfig(baseUrl, signal);
  const client: oauth.Client = { client_id: config.commandLineClientId };
  const request = { signal: () => AbortSignal.any([signal, AbortSignal.timeout(requestMs)]) };
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  const redirect = await listenForRedirect(state);
  try {
    const issuer = new URL(config.authority);
    const server = await oauth
      .discoveryRequest(issuer, request)
      .then((response) => oauth.processDiscoveryResponse(issuer, response));
    const page = new URL(server.authorization_endpoint ?? '');
    page.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirect.redirectUri,
      response_type: 'code',
      scope: config.scope,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    show(page.href);
    const answer = await redirect
      .answer(AbortSignal.any([signal, AbortSignal.timeout(personMs)]))
      .catch(() => {
        signal.throwIfAborted();
        throw failureOf('sign_in_timed_out', 'nobody signed in within five minutes');
      });
    const parameters = oauth.validateAuthResponse(server, client, answer, state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      parameters,
      redirect.redirectUri,
      verifier,
      request,
    );
    return (await oauth.processAuthorizationCodeResponse(server, client, response)).access_token;
  } catch (error) {
    signal.throwIfAborted();
    throw signInFailure(error, config.authority);
  } finally {
    redirect.close();
  }
}
