import * as oauth from 'oauth4webapi';

/** Milliseconds before its end at which a token is no longer given out. */
const marginMs = 60_000;

export interface Tokens {
  current(): Promise<string>;
  /** False when there is no refresh token to do it with. */
  renew(): Promise<boolean>;
  /** Nothing is left of them, and nothing comes in for them any more. */
  forget(): void;
}

export interface TokensOptions {
  server: oauth.AuthorizationServer;
  client: oauth.Client;
  granted: oauth.TokenEndpointResponse;
}

/**
 * Keeps one access token fresh; callers that meet an ended one share one renewal. They are in these variables and nowhere
 * else: no storage, no cookie, no address.
 */
export function createTokens({ server, client, granted }: TokensOptions): Tokens {
  let accessToken = '';
  let refreshToken: string | undefined;
  let endsAt = 0;
  let renewal: Promise<boolean> | undefined;
  let isForgotten = false;

  const take = (reply: oauth.TokenEndpointResponse): void => {
    // The sign-in ended while this was on its way.
    if (isForgotten) return;
    accessToken = reply.access_token;
    refreshToken = reply.refresh_token ?? refreshToken;
    endsAt = Date.now() + (reply.expires_in ?? 300) * 1000;
  };
  take(granted);

  const refresh = async (): Promise<boolean> => {
    if (refreshToken === undefined) return false;
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken);
    take(await oauth.processRefreshTokenResponse(server, client, response));
    return !isForgotten;
  };

  const renew = (): Promise<boolean> => {
    renewal ??= refresh().finally(() => {
      renewal = undefined;
    });
    return renewal;
  };

  return {
    renew,
    forget() {
      isForgotten = true;
      accessToken = '';
      refreshToken = undefined;
      endsAt = 0;
    },
    async current() {
      if (isForgotten) throw new Error('The sign-in is over.');
      if (Date.now() > endsAt - marginMs) await renew();
      return accessToken;
    },
  };
}
