import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { environment, tenantId } from './memory-ports.ts';
import { resourceId } from './sample-machine.ts';

/** A claim that is undefined is left out. */
export type Claims = { [Name in keyof JWTPayload]?: JWTPayload[Name] | undefined };

export interface IdentityIssuer {
  authority: string;
  /** A token as the metadata service gives it to the sample machine, but for these claims. */
  issue(claims?: Claims): Promise<string>;
  /** The same, signed by a key that nobody published, and by none. */
  forge(claims?: Claims): Promise<string>;
  leaveUnsigned(claims?: Claims): string;
  stop(): void;
}

/** Signs tokens of managed identities and publishes its key. `now` is in milliseconds. */
export async function startIdentityIssuer(now: () => number): Promise<IdentityIssuer> {
  const [published, unpublished] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const key = { ...(await exportJWK(published.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const claimsOf = (changes: Claims): JWTPayload =>
    ({
      iss: `https://sts.windows.net/${tenantId}/`,
      aud: environment['ADMIN_CENTER_API_AUDIENCE'],
      iat: Math.floor(now() / 1000) - 60,
      nbf: now() / 1000 - 60,
      exp: now() / 1000 + 86_400,
      oid: '00000000-0000-4000-8000-0000000000e1',
      tid: tenantId,
      idtyp: 'app',
      xms_mirid: resourceId,
      ...changes,
    }) as JWTPayload;
  const sign = (claims: Claims, by: typeof published.privateKey) =>
    new SignJWT(claimsOf(claims)).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(by);

  return {
    authority: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issue: (claims = {}) => sign(claims, published.privateKey),
    forge: (claims = {}) => sign(claims, unpublished.privateKey),
    leaveUnsigned: (claims = {}) => new UnsecuredJWT(claimsOf(claims)).encode(),
    stop: () => void server.close(),
  };
}
