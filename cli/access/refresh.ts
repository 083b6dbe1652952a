import * as oauth from 'oauth4webapi';
import {
  discover,
  type Grant,
  grantOf,
  requestOptions,
  type SignInService,
  scopesOf,
  signInFailure,
} from './sign-in-service.ts';

/**
 * The next access token without the person; undefined when the service says that he has to sign in again. Asks the
 * service that gave the refresh token, whatever the control plane names today. Throws a `Failure`.
 */
export async function refreshGrant(
  service: SignInService,
  refreshToken: string,
  signal: AbortSignal,
): Promise<Grant | undefined> {
  const client: oauth.Client = { client_id: service.clientId };
  try {
    const server = await discover(service, signal);
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken, {
      ...requestOptions(signal),
      additionalParameters: { scope: scopesOf(service, true) },
    });
    const granted = await oauth.processRefreshTokenResponse(server, client, response);
    // A service may go on with the same one (RFC 6749 section 6).
    return { refreshToken, ...grantOf(service, granted, Date.now()) };
  } catch (error) {
    signal.throwIfAborted();
    const isOver =
      error instanceof oauth.ResponseBodyError &&
      (error.error === 'invalid_grant' || error.error === 'interaction_required');
    if (isOver) return undefined;
    throw signInFailure(error, service);
  }
}
