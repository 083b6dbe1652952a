import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import { requireConsent } from './consent.ts';
import { type Directory, matchRedirectUri, type RedirectKind } from './directory.ts';
import { EntraError, NotInStandIn } from './errors.ts';
import type { GrantedCodes } from './granted-codes.ts';
import { errorPage, signInPage } from './pages.ts';
import { parseScopes } from './scopes.ts';

interface Parties {
  applicationName: string;
  clientId: string;
  redirectUri: string;
  redirectKind: RedirectKind;
}

/** Who asks and where the answer may go. A failure here is shown, never redirected (RFC 6749 section 4.1.2.1). */
function requireParties(directory: Directory, query: URLSearchParams): Parties {
  const clientId = query.get('client_id') ?? '';
  const application = directory.findApplication(clientId);
  if (!application)
    throw new EntraError(700016, `Application with identifier '${clientId}' was not found in the directory.`);
  const redirectUri = query.get('redirect_uri') ?? '';
  const redirectKind = matchRedirectUri(application, redirectUri);
  if (!redirectKind)
    throw new EntraError(
      50011,
      `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'.`,
    );
  return {
    applicationName: application.displayName,
    clientId: application.appId,
    redirectUri,
    redirectKind,
  };
}

function requireSupported(directory: Directory, query: URLSearchParams): string {
  if (query.get('response_type') !== 'code')
    throw new EntraError(700054, `response_type '${query.get('response_type')}' is not enabled: use 'code'.`);
  const challenge = query.get('code_challenge') ?? '';
  // Entra asks this of single-page applications only; here every client must (RFC 9700 section 2.1.1).
  if (query.get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge))
    throw new EntraError(9002325, 'Proof Key for Code Exchange with S256 is required.');
  parseScopes(directory, query.get('scope') ?? '');
  if (query.get('prompt') === 'none')
    throw new EntraError(50058, 'A silent sign-in request was sent but no user is signed in.');
  return challenge;
}

function redirect(query: URLSearchParams, parties: Parties, answer: Record<string, string>): HttpReply {
  const fields = new URLSearchParams(answer);
  const state = query.get('state');
  if (state !== null) fields.set('state', state);
  const target = new URL(parties.redirectUri);
  if (query.get('response_mode') === 'fragment') target.hash = fields.toString();
  else for (const [name, value] of fields) target.searchParams.append(name, value);
  return { status: 302, headers: { location: target.href, 'cache-control': 'no-store' } };
}

/**
 * `/{tenant}/oauth2/v2.0/authorize`. GET shows the accounts; the page's form posts `account=<user name>` to
 * the same URL and is redirected with the code, so a program can sign in with that one POST.
 */
export function createAuthorizeEndpoint(directory: Directory, codes: GrantedCodes) {
  return (request: HttpRequest): HttpReply => {
    const query = request.url.searchParams;
    let parties: Parties;
    try {
      parties = requireParties(directory, query);
    } catch (error) {
      if (error instanceof EntraError) return errorPage(error.status, error.message);
      throw error;
    }
    const mode = query.get('response_mode') ?? 'query';
    if (mode !== 'query' && mode !== 'fragment') throw new NotInStandIn(`response_mode '${mode}'`);
    try {
      const codeChallenge = requireSupported(directory, query);
      if (request.method === 'GET')
        return signInPage({
          applicationName: parties.applicationName,
          accounts: directory.accounts,
          hint: query.get('login_hint') ?? undefined,
          action: `${request.url.pathname}${request.url.search}`,
          redirectUri: parties.redirectUri,
        });
      const chosen = new URLSearchParams(request.body.toString('utf8')).get('account') ?? '';
      const account = directory.findAccount(chosen);
      if (!account)
        throw new EntraError(50034, `The user account ${chosen} does not exist in the directory.`);
      requireConsent(directory, parties.clientId, account.objectId, query.get('scope') ?? '');
      const code = codes.issueCode({
        clientId: parties.clientId,
        objectId: account.objectId,
        scope: query.get('scope') ?? '',
        redirectUri: parties.redirectUri,
        redirectKind: parties.redirectKind,
        nonce: query.get('nonce') ?? undefined,
        codeChallenge,
      });
      return redirect(query, parties, { code });
    } catch (error) {
      if (!(error instanceof EntraError)) throw error;
      return redirect(query, parties, { error: error.code, error_description: error.message });
    }
  };
}
