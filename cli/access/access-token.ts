import { failureOf } from '../failure.ts';

export interface AccessTokenOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** A person can read an address and follow it. */
  isAttended: boolean;
  signIn(): Promise<string>;
}

/** As RFC 6750 section 2.1 writes it. */
const tokenSyntax = /^[A-Za-z0-9._~+/-]+=*$/;

/** The token of this run, got once and when it is first needed. Throws a `Failure` that ends the program with 3. */
export function createAccessToken({ env, isAttended, signIn }: AccessTokenOptions): () => Promise<string> {
  const get = async (): Promise<string> => {
    const given = env['ADMIN_CENTER_TOKEN']?.trim();
    if (given) {
      if (tokenSyntax.test(given)) return given;
      throw failureOf('token_malformed', 'it has characters that no access token has');
    }
    if (!isAttended)
      throw failureOf('sign_in_needs_terminal', 'a sign-in needs a terminal, and this run has none');
    return signIn();
  };
  let token: Promise<string> | undefined;
  return () => (token ??= get());
}
