import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock } from '#local/kit/clock.ts';
import type { TokenClaims } from '#local/kit/tokens.ts';
import type { LocalAccount } from './directory.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Access and id tokens live this long unless asked otherwise. Entra varies it between 60 and 90 minutes. */
export const tokenLifetimeSeconds = 3600;

/** What to put in a token. `aud` is required; issuer, times, `tid`, `ver` are added; what is given wins. */
export type MintClaims = TokenClaims & { aud: string };

export interface MintOptions {
  /** `1.0` (issuer `https://sts.windows.net/{tenant}/`) or `2.0` (issuer of the local authority). Default `1.0`. */
  version?: '1.0' | '2.0';
  lifetimeSeconds?: number;
}

/** Where an access token is for and what it may do there. */
export interface Grant {
  audience: string;
  /** APIs of the tenant take version 2 tokens; Resource Manager and Graph take version 1. */
  version: '1.0' | '2.0';
  scopes: readonly string[];
  /** App roles of the person there. */
  roles?: readonly string[];
}

export interface TokenIssuer {
  /** The same issuer with a clock that is wrong by this much. */
  skewed(skewMs: number): TokenIssuer;
  /** How many tokens were signed for each audience since the start. */
  issued(): ReadonlyMap<string, number>;
  issuers(): { v1: string; v2: string };
  mint(claims: MintClaims, options?: MintOptions): Promise<string>;
  accessToken(account: LocalAccount, clientId: string, grant: Grant): Promise<string>;
  /** For a program without a person; `proof` is the claim `azpacr`. */
  appToken(
    client: { clientId: string; objectId: string; proof: string; roles: readonly string[] },
    grant: Grant,
  ): Promise<string>;
  idToken(account: LocalAccount, clientId: string, nonce: string | undefined): Promise<string>;
}

/** Entra's `sub` is pairwise: the same person has another one in every application. */
const pairwise = (account: LocalAccount, clientId: string): string =>
  createHash('sha256').update(`${account.objectId}|${clientId}`).digest('base64url');

export function createTokenIssuer(options: {
  keys: SigningKeys;
  clock: Clock;
  tenantId: string;
  /** `https://login.localhost:PORT`; a function because the port is known after listening. */
  origin(): string;
  /** Counted into, when given. */
  issued?: Map<string, number>;
}): TokenIssuer {
  const { keys, clock, tenantId, origin } = options;
  const issued = options.issued ?? new Map<string, number>();
  const issuers = () => ({ v1: `https://sts.windows.net/${tenantId}/`, v2: `${origin()}/${tenantId}/v2.0` });

  const mint: TokenIssuer['mint'] = (
    claims,
    { version = '1.0', lifetimeSeconds = tokenLifetimeSeconds } = {},
  ) => {
    const now = Math.floor(clock.now() / 1000);
    const { kid, privateKey } = keys.current();
    issued.set(claims.aud, (issued.get(claims.aud) ?? 0) + 1);
    return new SignJWT({
      iss: version === '1.0' ? issuers().v1 : issuers().v2,
      iat: now,
      nbf: now,
      exp: now + lifetimeSeconds,
      tid: tenantId,
      ver: version,
      uti: randomUUID(),
      ...claims,
    })
      .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
      .sign(privateKey);
  };

  return {
    skewed: (skewMs) =>
      createTokenIssuer({
        ...options,
        issued,
        clock: { now: () => clock.now() + skewMs, at: (atMs, callback) => clock.at(atMs - skewMs, callback) },
      }),
    issued: () => issued,
    issuers,
    mint,
    accessToken: (account, clientId, grant) =>
      mint(
        {
          aud: grant.audience,
          oid: account.objectId,
          sub: pairwise(account, grant.audience),
          name: account.displayName,
          upn: account.userPrincipalName,
          scp: grant.scopes.join(' '),
          ...(grant.roles?.length && { roles: grant.roles }),
          ...(grant.version === '2.0'
            ? { azp: clientId, azpacr: '0', preferred_username: account.userPrincipalName }
            : { appid: clientId, appidacr: '0', idtyp: 'user', unique_name: account.userPrincipalName }),
        },
        { version: grant.version },
      ),
    appToken: ({ clientId, objectId, proof, roles }, grant) =>
      mint(
        {
          aud: grant.audience,
          oid: objectId,
          sub: objectId,
          idtyp: 'app',
          ...(roles.length > 0 && { roles }),
          ...(grant.version === '2.0'
            ? { azp: clientId, azpacr: proof }
            : { appid: clientId, appidacr: proof }),
        },
        { version: grant.version },
      ),
    idToken: (account, clientId, nonce) =>
      mint(
        {
          aud: clientId,
          oid: account.objectId,
          sub: pairwise(account, clientId),
          name: account.displayName,
          preferred_username: account.userPrincipalName,
          ...(nonce !== undefined && { nonce }),
        },
        { version: '2.0' },
      ),
  };
}
