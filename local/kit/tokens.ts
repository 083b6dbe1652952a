import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from './clock.ts';

/** Claims of an access token of the local Entra, after its signature, issuer, audience and times were checked. */
export interface TokenClaims extends JWTPayload {
  /** Object id of the caller. */
  oid?: string;
  tid?: string;
  upn?: string;
  name?: string;
  /** Resource id of the Azure resource whose managed identity this is. */
  xms_mirid?: string;
  idtyp?: string;
  scp?: string;
}

/** Rejects with a sentence that says what is wrong with the token. An audience matches with or without a final slash. */
export type VerifyToken = (token: string, audiences: readonly string[]) => Promise<TokenClaims>;

export interface TokenVerifierOptions {
  /** The signing keys as they are now (they rotate). */
  keys(): JSONWebKeySet;
  /** Accepted issuers: Entra's v1 (`https://sts.windows.net/{tenant}/`) and v2 forms. */
  issuers: readonly string[];
  clock: Clock;
}

const mostRemembered = 500;

interface Remembered {
  claims: TokenClaims;
  kid: string | undefined;
}

/**
 * Checking a signature takes longer than most calls, and clients send one token for an hour: one that was good is
 * good until its end, while its key is published.
 */
export function createTokenVerifier({ keys, issuers, clock }: TokenVerifierOptions): VerifyToken {
  const good = new Map<string, Remembered>();

  const isStillGood = ({ claims: { exp = 0, nbf = 0 }, kid }: Remembered): boolean => {
    const now = Math.floor(clock.now() / 1000);
    return nbf <= now && now < exp && kid !== undefined && keys().keys.some((key) => key.kid === kid);
  };

  return async (token, audiences) => {
    const bare = audiences.map((audience) => audience.replace(/\/$/, ''));
    const entry = `${bare.join(' ')} ${token}`;
    const known = good.get(entry);
    if (known && isStillGood(known)) return known.claims;
    good.delete(entry);
    const { payload, protectedHeader } = await jwtVerify<TokenClaims>(token, createLocalJWKSet(keys()), {
      issuer: [...issuers],
      audience: bare.flatMap((audience) => [audience, `${audience}/`]),
      algorithms: ['RS256', 'ES256'],
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'aud', 'iss'],
    });
    if (good.size >= mostRemembered) good.clear();
    good.set(entry, { claims: payload, kid: protectedHeader.kid });
    return payload;
  };
}
