import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { environment, tenantId } from './memory-ports.ts';

/** A member that is undefined is left out. */
export type Members = Readonly<Record<string, unknown>>;
export interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

export const audience = environment['ADMIN_CENTER_API_AUDIENCE'] ?? '';
export const authority = environment['ADMIN_CENTER_AUTHORITY'] ?? '';
export const personId = '00000000-0000-4000-8000-0000000000c1';
export const programId = '00000000-0000-4000-8000-0000000000e1';

export const published = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const unpublished = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const keyId = 'k1';

/** As the sign-in service publishes them. */
export const jwkOf = ({ publicKey }: KeyPair, kid: string, more: Members = {}): Members => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  ...more,
});

const encode = (value: string | Buffer): string => Buffer.from(value).toString('base64url');
export const encodeJson = (value: unknown): string => encode(JSON.stringify(value));

/** Claims of a person's token in Entra's version 2 form. Times are seconds. */
export const personClaims = (nowSeconds: number): JWTPayload => ({
  iss: `${authority}/${tenantId}/v2.0`,
  aud: audience,
  iat: nowSeconds - 60,
  nbf: nowSeconds - 60,
  exp: nowSeconds + 3600,
  oid: personId,
  sub: 'pairwise',
  tid: tenantId,
  ver: '2.0',
  azp: '00000000-0000-4000-8000-0000000000a2',
  preferred_username: 'admin@example.test',
  scp: 'openid user_impersonation',
});

/** Claims of a managed identity's token, in version 1. */
export const programClaims = (nowSeconds: number): JWTPayload => ({
  iss: `https://sts.windows.net/${tenantId}/`,
  aud: `api://${audience}`,
  iat: nowSeconds - 60,
  nbf: nowSeconds - 60,
  exp: nowSeconds + 86_400,
  oid: programId,
  sub: programId,
  tid: tenantId,
  ver: '1.0',
  idtyp: 'app',
});

export interface Making {
  header?: Members;
  claims?: Members;
  key?: KeyPair;
  /** Instead of the signature by `key`. */
  signature?(input: string): Buffer;
}

/** Signed by hand, so that nothing keeps it from being wrong. */
export function makeToken(base: JWTPayload, { header, claims, key = published, signature }: Making = {}) {
  const head = encodeJson({ typ: 'JWT', alg: 'RS256', kid: keyId, ...header });
  const input = `${head}.${encodeJson({ ...base, ...claims })}`;
  const by = signature ?? ((text: string) => sign('sha256', Buffer.from(text), key.privateKey));
  return `${input}.${encode(by(input))}`;
}

export const hmacOver =
  (secret: string | Buffer) =>
  (input: string): Buffer =>
    createHmac('sha256', secret).update(input).digest();
