import { failureOf } from '../failure.ts';
import { signInWithBrowser } from './browser-sign-in.ts';
import { type DeviceCode, signInWithDeviceCode } from './device-sign-in.ts';
import type { KeptSignIns } from './kept-sign-ins.ts';
import { refreshGrant } from './refresh.ts';
import { type Grant, readSignInService } from './sign-in-service.ts';

/** As RFC 6750 section 2.1 writes it. */
const tokenSyntax = /^[A-Za-z0-9._~+/-]+=*$/;
/** A token that ends sooner might end on its way. */
const leastLifeMs = 60_000;

export interface SignInsOptions {
  env: Readonly<Record<string, string | undefined>>;
  baseUrl: string;
  kept: KeptSignIns;
  signal: AbortSignal;
  /** A person can read an address and follow it. */
  isAttended: boolean;
  wait(ms: number): Promise<void>;
  showPage(url: string): void;
  showCode(code: DeviceCode): void;
}

export interface SignIns {
  /** The access token of this run. Throws a `Failure` that ends the program with 3. */
  token(): Promise<string>;
  /** The token that is at hand without asking anybody. */
  tokenAtHand(): Promise<string | undefined>;
  /** Signs a person in now, whatever is at hand; the run goes on with it. */
  signIn(how: { byCode: boolean; stays: boolean }): Promise<Grant>;
  /** Whether `ADMIN_CENTER_TOKEN` goes before what is kept. */
  readonly isGiven: boolean;
  readonly kept: KeptSignIns;
}

/**
 * The token of a run, in this order:
 *  1. `ADMIN_CENTER_TOKEN`;
 *  2. what `login` kept for this control plane, renewed by its refresh token where there is one;
 *  3. a sign-in with the browser, for this run alone, where somebody is there.
 */
export function createSignIns(options: SignInsOptions): SignIns {
  const { env, baseUrl, kept, signal, isAttended, wait, showPage, showCode } = options;
  const given = env['ADMIN_CENTER_TOKEN']?.trim() || undefined;
  let token: Promise<string> | undefined;

  const signIn: SignIns['signIn'] = async ({ byCode, stays }) => {
    const flow = { service: await readSignInService(baseUrl, signal), stays, signal };
    const grant = byCode
      ? await signInWithDeviceCode({ ...flow, show: showCode, wait })
      : await signInWithBrowser({ ...flow, show: showPage });
    token = Promise.resolve(grant.accessToken);
    return grant;
  };

  const isFresh = ({ expiresAt }: Grant) => expiresAt - Date.now() > leastLifeMs;

  /** Of what was kept, renewed where that can be; undefined when a person is needed. */
  const keptToken = async (): Promise<string | undefined> => {
    const grant = await kept.read();
    if (!grant || isFresh(grant)) return grant?.accessToken;
    const next =
      grant.refreshToken === undefined
        ? undefined
        : await refreshGrant(grant.service, grant.refreshToken, signal);
    if (next) await kept.write(next);
    else await kept.remove();
    return next?.accessToken;
  };

  const get = async (): Promise<string> => {
    if (given !== undefined) {
      if (tokenSyntax.test(given)) return given;
      throw failureOf('token_malformed', 'it has characters that no access token has');
    }
    const found = await keptToken();
    if (found !== undefined) return found;
    if (!isAttended)
      throw failureOf('sign_in_needs_terminal', 'a sign-in needs a terminal, and this run has none');
    return (await signIn({ byCode: false, stays: false })).accessToken;
  };

  return {
    token: () => (token ??= get()),
    async tokenAtHand() {
      if (given !== undefined) return tokenSyntax.test(given) ? given : undefined;
      const grant = await kept.read();
      return grant && isFresh(grant) ? grant.accessToken : undefined;
    },
    signIn,
    isGiven: given !== undefined,
    kept,
  };
}
