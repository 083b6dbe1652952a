import type { TokenClaims } from '#local/kit/tokens.ts';
import { CosmosError, unauthorized } from './errors.ts';

/** A signature is good for 15 minutes around its date. */
const signatureLifetimeMs = 15 * 60_000;

/** Throws 403 when a signature was made too long before or after this time. */
export function requireRecent(date: string | undefined, now: number): void {
  const signedAt = Date.parse(date ?? '');
  if (Math.abs(now - signedAt) <= signatureLifetimeMs) return;
  throw new CosmosError(
    403,
    'Forbidden',
    `The authorization token is not valid at the current time. Please create another token and retry (token start time: ${date}, current server time: ${new Date(now).toUTCString()}).`,
  );
}

/** Throws 401 when a token's time has not come or is over. */
export function requireValid({ exp, nbf, iat }: TokenClaims, now: number): void {
  const seconds = now / 1000;
  const from = nbf ?? iat;
  if (exp !== undefined && exp <= seconds) throw unauthorized('The AAD token is not valid: it has expired.');
  if (from !== undefined && from > seconds)
    throw unauthorized('The AAD token is not valid: its time has not begun.');
}
