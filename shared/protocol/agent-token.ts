import { createHash, timingSafeEqual } from 'node:crypto';
import { type CryptoKey, importJWK, jwtVerify, SignJWT } from 'jose';
import { AppError } from '#shared/domain/error.ts';
import type { PublicKey } from './agent-messages.ts';

/** Calls of an agent carry a JWT of its own, bound to one method, one URL and one body, for this long. */
const lifetimeSeconds = 60;
const clockToleranceSeconds = 30;
const type = 'agent-call+jwt';

const bodyHash = (body: Uint8Array) => createHash('sha256').update(body).digest('base64url');
const audienceOf = (method: string, url: string) => `${method.toUpperCase()} ${url}`;

export interface AgentCall {
  method: string;
  /** Absolute URL as the agent calls it. */
  url: string;
  body: Uint8Array;
}

/** The value for `Authorization: Bearer`. `nowSeconds` is Unix time. */
export function signAgentCall(
  key: CryptoKey,
  machineId: string,
  call: AgentCall,
  nowSeconds: number,
): Promise<string> {
  return new SignJWT({ bh: bodyHash(call.body) })
    .setProtectedHeader({ alg: 'ES256', typ: type })
    .setIssuer(machineId)
    .setAudience(audienceOf(call.method, call.url))
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + lifetimeSeconds)
    .sign(key);
}

/** The machine id that an unverified token claims, to find the key to check it with. */
export function claimedMachineId(token: string): string | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const issuer = claims !== null && typeof claims === 'object' && 'iss' in claims ? claims.iss : undefined;
    return typeof issuer === 'string' && /^[a-z2-7]{26}$/.test(issuer) ? issuer : undefined;
  } catch {
    return undefined;
  }
}

/** Throws `agent_token_invalid` when the call is not the one that was signed, or too old. */
export async function verifyAgentCall(
  key: PublicKey,
  machineId: string,
  token: string,
  call: AgentCall,
  nowSeconds: number,
): Promise<void> {
  try {
    const { payload } = await jwtVerify(token, await importJWK({ ...key }, 'ES256'), {
      algorithms: ['ES256'],
      typ: type,
      issuer: machineId,
      audience: audienceOf(call.method, call.url),
      currentDate: new Date(nowSeconds * 1000),
      clockTolerance: clockToleranceSeconds,
      maxTokenAge: lifetimeSeconds,
    });
    const claimed = Buffer.from(String(payload['bh']));
    const actual = Buffer.from(bodyHash(call.body));
    if (claimed.length !== actual.length || !timingSafeEqual(claimed, actual))
      throw new Error('body hash differs');
  } catch (cause) {
    throw new AppError('agent_token_invalid', 'the call is not signed by the enrolled key of this machine', {
      cause,
    });
  }
}
