import type { TokenCredential } from '@azure/identity';
import { AppError } from '#shared/domain/error.ts';

/** A token is asked for anew this long before it ends. */
const renewAheadMs = 5 * 60_000;

/** Tokens of one scope, kept until shortly before they end; concurrent callers share one request. */
export function createTokenSource(
  credential: TokenCredential,
  scope: string,
  now: () => number,
): () => Promise<string> {
  let kept: { token: string; expiresAt: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async () => {
    const answer = await credential.getToken(scope);
    if (!answer) throw new AppError('configuration_incomplete', `no credential gives a token for ${scope}`);
    kept = { token: answer.token, expiresAt: answer.expiresOnTimestamp };
    return answer.token;
  };
  return async () => {
    if (kept && kept.expiresAt - now() > renewAheadMs) return kept.token;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
