import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

const keySet = z.object({
  keys: z.array(z.looseObject({ kty: z.literal('EC'), crv: z.literal('P-256'), kid: z.string() })),
});
const claimsSchema = z.object({
  iss: z.literal('admin-center-agent'),
  sub: z.string(),
  oid: z.string().optional(),
  sid: z.string(),
  aud: z.string(),
  groups: z.array(z.string()),
  exp: z.number(),
});
type VisitorClaims = z.infer<typeof claimsSchema>;

/** Who is there, as the agent's door says it. */
export interface Visitor {
  /** UPN; undefined when nobody said it. */
  user: string | undefined;
  account: string | undefined;
  /** What the agent signed; undefined where it cannot be checked or is not good. */
  claims: VisitorClaims | undefined;
}

/** Letters outside ASCII arrive percent-encoded. */
function textOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

const parsePart = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

/**
 * Checks a statement of the agent as docs/sign-in.md tells services to: signature by a key of the file, time and audience.
 * Throws when it is not good.
 */
function checkStatement(statement: string, keys: z.infer<typeof keySet>, audience: string): VisitorClaims {
  const [header = '', payload = '', signature = ''] = statement.split('.');
  const { alg, kid } = z.object({ alg: z.literal('ES256'), kid: z.string() }).parse(parsePart(header));
  const key = keys.keys.find((one) => one.kid === kid);
  if (!key || alg !== 'ES256') throw new Error('the key is not known');
  const isGood = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: createPublicKey({ key: key as JsonWebKey, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const claims = claimsSchema.parse(parsePart(payload));
  if (!isGood || claims.aud !== audience || claims.exp * 1000 < Date.now())
    throw new Error('the statement is not good');
  return claims;
}

/** `keysFile` is read each time: the agent makes another key with each install. */
export async function visitorOf(
  headers: IncomingHttpHeaders,
  keysFile: string | undefined,
  audience: string,
): Promise<Visitor> {
  const statement = headers['x-admin-center-identity'];
  let claims: VisitorClaims | undefined;
  if (keysFile !== undefined && typeof statement === 'string')
    try {
      const keys = keySet.parse(JSON.parse(await readFile(keysFile, 'utf8')));
      claims = checkStatement(statement, keys, audience);
    } catch {
      claims = undefined;
    }
  return {
    user: textOf(headers['x-admin-center-user']),
    account: textOf(headers['x-admin-center-account']),
    claims,
  };
}
