import * as oauth from 'oauth4webapi';
import { type Failure, FailureError, failureOf, unreachable } from '../api/failure.ts';
import type { PortalConfig } from '../api/replies.ts';
import { watchOtherTabs } from './other-tabs.ts';
import { forgetSignIn, keepRoundTrip, lastAccount, type RoundTrip, takeRoundTrip } from './round-trip.ts';
import type { Access } from './session.ts';
import { createTokens } from './tokens.ts';

export const home = '/portal/';
const redirectUri = (): string => `${location.origin}${home}`;

export interface SignIn {
  /** Leaves for the sign-in page and comes back to `returnTo`. `replace` leaves no entry in the history. */
  begin(options: { returnTo: string; replace?: boolean; hint?: string | undefined }): Promise<void>;
  /** Ends the round trip that this address is the answer of. */
  complete(answer: URL, onEnd: (failure?: Failure) => void): Promise<{ access: Access; returnTo: string }>;
}

export const isAnswer = (url: URL): boolean =>
  url.searchParams.has('state') && (url.searchParams.has('code') || url.searchParams.has('error'));

const textOf = (claim: unknown): string | undefined => (typeof claim === 'string' ? claim : undefined);

const refused = (detail: string, code = 'sign_in_failed'): Failure => ({
  title: 'The sign-in did not come to its end',
  detail,
  code,
  hop: 'sign-in',
  remedy: 'Sign in again. If it stays, ask whoever runs this service whether your account may use it.',
  retryable: true,
});

/** In the words of the sign-in service where it said something (RFC 6749 sections 4.1.2.1 and 5.2). */
function signInFailure(error: unknown, authority: string): FailureError {
  if (error instanceof FailureError) return error;
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return new FailureError(refused(error.error_description ?? error.error, error.error), error);
  }
  if (error instanceof TypeError) {
    return new FailureError(
      unreachable('The sign-in service', new URL(authority).origin, navigator.onLine),
      error,
    );
  }
  return new FailureError(refused(failureOf(error).detail), error);
}

/** Authorization code with PKCE (RFC 7636), top-level: no frame, no popup, no cookie of a third party. */
export function createSignIn(config: PortalConfig): SignIn {
  const client: oauth.Client = { client_id: config.clientId };
  const scope = `openid profile offline_access ${config.scope}`;
  let metadata: Promise<oauth.AuthorizationServer> | undefined;

  const discover = (): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(config.authority);
    metadata ??= oauth
      .discoveryRequest(issuer)
      .then((response) => oauth.processDiscoveryResponse(issuer, response))
      .catch((error: unknown) => {
        metadata = undefined;
        throw signInFailure(error, config.authority);
      });
    return metadata;
  };

  const authorizationUrl = async (trip: RoundTrip, hint: string | undefined): Promise<string> => {
    const { authorization_endpoint: endpoint } = await discover();
    if (!endpoint) throw new FailureError(refused('The sign-in service names no authorization endpoint.'));
    const url = new URL(endpoint);
    const fields = {
      client_id: config.clientId,
      redirect_uri: redirectUri(),
      response_type: 'code',
      scope,
      state: trip.state,
      nonce: trip.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(trip.codeVerifier),
      code_challenge_method: 'S256',
      ...(hint !== undefined && { login_hint: hint }),
    };
    for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    return url.href;
  };

  const redeem = async (server: oauth.AuthorizationServer, answer: URL, trip: RoundTrip) => {
    const parameters = oauth.validateAuthResponse(server, client, answer, trip.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      parameters,
      redirectUri(),
      trip.codeVerifier,
    );
    return oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: trip.nonce,
      requireIdToken: true,
    });
  };

  return {
    async begin({ returnTo, replace = false, hint }) {
      const trip: RoundTrip = {
        state: oauth.generateRandomState(),
        nonce: oauth.generateRandomNonce(),
        codeVerifier: oauth.generateRandomCodeVerifier(),
        returnTo,
      };
      const url = await authorizationUrl(trip, hint);
      keepRoundTrip(trip);
      if (replace) location.replace(url);
      else location.assign(url);
    },

    async complete(answer, onEnd) {
      const trip = takeRoundTrip();
      if (!trip)
        throw new FailureError(refused('This tab did not begin the sign-in, or it was answered before.'));
      try {
        const server = await discover();
        const granted = await redeem(server, answer, trip);
        const claims = oauth.getValidatedIdTokenClaims(granted);
        const userName = textOf(claims?.['preferred_username']) ?? claims?.sub ?? '';
        lastAccount.keep(userName);
        const tokens = createTokens({ server, client, granted });
        // Forgotten first: a page that goes to sign-in by itself after each refusal would never come to rest.
        let isOver = false;
        const end = (failure?: Failure) => {
          // Answers that come later change nothing: the next sign-in may have begun.
          if (isOver) return;
          isOver = true;
          forgetSignIn();
          tokens.forget();
          otherTabs.close();
          onEnd(failure);
        };
        const otherTabs = watchOtherTabs(() => end());
        const access: Access = {
          account: { name: textOf(claims?.['name']) ?? userName, userName },
          token: async () => {
            try {
              return await tokens.current();
            } catch (error) {
              const fault = signInFailure(error, config.authority);
              // The refresh token has ended or was revoked: only a person can go on from here.
              if (error instanceof oauth.ResponseBodyError) end(fault.failure);
              throw fault;
            }
          },
          renew: () => tokens.renew().catch(() => false),
          end,
          async signOut() {
            if (isOver) return;
            otherTabs.tellSignOut();
            end();
            if (!server.end_session_endpoint) return;
            const url = new URL(server.end_session_endpoint);
            url.searchParams.set('post_logout_redirect_uri', redirectUri());
            url.searchParams.set('logout_hint', userName);
            location.assign(url);
          },
        };
        return { access, returnTo: trip.returnTo };
      } catch (error) {
        throw signInFailure(error, config.authority);
      }
    },
  };
}
