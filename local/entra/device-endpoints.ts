import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import { readClient } from './client-authentication.ts';
import { requireConsent } from './consent.ts';
import { type DeviceCodes, deviceCodeLifetimeS, pollIntervalS } from './device-codes.ts';
import { deviceAccountsPage, deviceCodePage, deviceDonePage } from './device-pages.ts';
import type { Directory } from './directory.ts';
import { EntraError } from './errors.ts';
import { parseScopes } from './scopes.ts';

/** `/{tenant}/oauth2/v2.0/devicecode` (RFC 8628 section 3.1). */
export function createDeviceCodeEndpoint(directory: Directory, codes: DeviceCodes, origin: () => string) {
  return (request: HttpRequest): HttpReply => {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const { clientId } = readClient(form, request.headers.authorization);
    const application = directory.findApplication(clientId);
    if (!application)
      throw new EntraError(
        700016,
        `Application with identifier '${clientId}' was not found in the directory.`,
      );
    if (application.publicClient.redirectUris.length === 0)
      throw new EntraError(
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'. " +
          `'${application.displayName}' is not registered as a public client.`,
      );
    const scope = form.get('scope') ?? '';
    parseScopes(directory, scope);
    const { deviceCode, userCode } = codes.issue({ clientId: application.appId, scope });
    const verificationUri = `${origin()}/devicelogin`;
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        user_code: userCode,
        device_code: deviceCode,
        verification_uri: verificationUri,
        expires_in: deviceCodeLifetimeS,
        interval: pollIntervalS,
        message:
          `To sign in, use a web browser to open the page ${verificationUri} ` +
          `and enter the code ${userCode} to authenticate.`,
      },
    };
  };
}

/**
 * `/devicelogin`: asks for the code (GET, or GET with `?code=`), then for the account. A program signs in with one
 * POST of `code=<user code>&account=<user name>`; `account=` (empty) declines.
 */
export function createDeviceLogin(directory: Directory, codes: DeviceCodes) {
  return (request: HttpRequest): HttpReply => {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const code = (form.get('code') ?? request.url.searchParams.get('code') ?? '').trim();
    if (!code) return deviceCodePage({});
    const waiting = codes.waiting(code);
    const application = waiting && directory.findApplication(waiting.clientId);
    if (!waiting || !application)
      return deviceCodePage({ code, complaint: 'That code is not known here, or its 15 minutes are over.' });
    const chosen = form.get('account');
    if (request.method === 'GET' || chosen === null)
      return deviceAccountsPage({
        code,
        applicationName: application.displayName,
        accounts: directory.accounts,
      });
    if (chosen === '') {
      codes.answer(code, 'declined');
      return deviceDonePage('You have declined', application.displayName);
    }
    const account = directory.findAccount(chosen);
    if (!account) throw new EntraError(50034, `The user account ${chosen} does not exist in the directory.`);
    requireConsent(directory, waiting.clientId, account.objectId, waiting.scope);
    codes.answer(code, account.objectId);
    return deviceDonePage('You are signed in', application.displayName);
  };
}
