import * as oauth from 'oauth4webapi';
import { failureOf } from '../failure.ts';
import { listenForRedirect } from './loopback-redirect.ts';
import {
  discover,
  type FlowOptions,
  type Grant,
  grantOf,
  requestOptions,
  scopesOf,
  signInFailure,
} from './sign-in-service.ts';

/** How long the sign-in page may stay open: an authorization code lives ten minutes, a person needs less. */
const personMs = 5 * 60_000;

export interface BrowserSignInOptions extends FlowOptions {
  /** Shows the address of the sign-in page to the person; called once. */
  show(url: string): void;
}

/**
 * Signs a person in with the browser: authorization code with PKCE on a loopback redirect (RFC 7636, RFC 8252), as
 * the command line's own public client. Throws a `Failure`.
 */
export async function signInWithBrowser(options: BrowserSignInOptions): Promise<Grant> {
  const { service, stays, signal, show } = options;
  const client: oauth.Client = { client_id: service.clientId };
  const request = requestOptions(signal);
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  const redirect = await listenForRedirect(state);
  try {
    const server = await discover(service, signal);
    const page = new URL(server.authorization_endpoint ?? '');
    page.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirect.redirectUri,
      response_type: 'code',
      scope: scopesOf(service, stays),
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
    const granted = await oauth.processAuthorizationCodeResponse(server, client, response);
    return grantOf(service, granted, Date.now());
  } catch (error) {
    signal.throwIfAborted();
    throw signInFailure(error, service);
  } finally {
    redirect.close();
  }
}
