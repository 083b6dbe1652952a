import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import * as sample from '#local/samples/sample-data.ts';

/**
 * Signs a sample account in as a command-line program does: authorization code with PKCE (RFC 7636), where the
 * choice of the account is posted as the sign-in page would. Answers an access token for the API.
 */
export async function signIn(authority: string, account: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const query = new URLSearchParams({
    client_id: sample.commandLineClientId,
    redirect_uri: sample.commandLineRedirect,
    response_type: 'code',
    scope: sample.apiScope,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const chosen = await fetch(`${authority}/${sample.tenantId}/oauth2/v2.0/authorize?${query}`, {
    method: 'POST',
    body: new URLSearchParams({ account }),
    redirect: 'manual',
  });
  const location = new URL(chosen.headers.get('location') ?? '/', sample.commandLineRedirect);
  const code = location.searchParams.get('code');
  if (!code || location.searchParams.get('state') !== state) {
    throw new Error(
      `${account} could not sign in: ${location.searchParams.get('error_description') ?? chosen.status}`,
    );
  }
  const answer = await fetch(`${authority}/${sample.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: sample.commandLineClientId,
      redirect_uri: sample.commandLineRedirect,
      code,
      code_verifier: verifier,
    }),
  });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}
