import { errors } from 'jose';
import type { HttpRequest } from '#local/kit/http-server.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { ArmError } from './arm-error.ts';

/** Checks the bearer token as ARM does; all failures are 401 with a challenge that says where to sign in. */
export async function authenticate(
  request: HttpRequest,
  verifyToken: VerifyToken,
  expected: {
    audiences: readonly string[];
    tenantId: string;
    authorizationUri: string;
    /** What the service takes the time for when its clock is off, in milliseconds. */
    wrongNow?: number;
  },
): Promise<TokenClaims> {
  const refuse = (code: string, message: string) =>
    new ArmError(401, code, message, {
      headers: {
        'www-authenticate': `Bearer authorization_uri="${expected.authorizationUri}", error="invalid_token", error_description="${message.replaceAll('"', "'")}"`,
      },
    });
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!token)
    throw refuse('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  let claims: TokenClaims;
  try {
    claims = await verifyToken(token, expected.audiences);
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw refuse(
        'ExpiredAuthenticationToken',
        'The access token expiry UTC time is earlier than current UTC time.',
      );
    const reason = error instanceof Error ? error.message : 'unknown';
    throw refuse('InvalidAuthenticationToken', `The access token is invalid: ${reason}.`);
  }
  const { wrongNow } = expected;
  if (wrongNow !== undefined && (claims.exp ?? 0) * 1000 <= wrongNow)
    throw refuse(
      'ExpiredAuthenticationToken',
      'The access token expiry UTC time is earlier than current UTC time.',
    );
  if (wrongNow !== undefined && (claims.nbf ?? claims.iat ?? 0) * 1000 > wrongNow)
    throw refuse('InvalidAuthenticationToken', 'The access token is not valid yet.');
  if (claims.tid?.toLowerCase() !== expected.tenantId.toLowerCase())
    throw refuse(
      'InvalidAuthenticationTokenTenant',
      `The access token is from the wrong issuer. It must match the tenant '${expected.tenantId}'.`,
    );
  return claims;
}

export type MayAct = (claims: TokenClaims, action: string, scope: string) => boolean;

export function requirePermission(mayAct: MayAct, claims: TokenClaims, action: string, scope: string): void {
  if (mayAct(claims, action, scope)) return;
  throw new ArmError(
    403,
    'AuthorizationFailed',
    `The client '${claims.upn ?? claims.oid}' with object id '${claims.oid}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** There is one subscription; every path below another one is answered alike. */
export function requireSubscription(path: string, subscriptionId: string): void {
  const asked = /^\/subscriptions\/([^/]+)/i.exec(path)?.[1];
  if (asked === undefined || asked.toLowerCase() === subscriptionId.toLowerCase()) return;
  throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${asked}' could not be found.`);
}

/** The `api-version` of a call; `supported` empty means that any well-formed one will do. */
export function requireVersion(query: URLSearchParams, supported: readonly string[], what: string): string {
  const version = query.get('api-version');
  if (!version)
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version))
    throw new ArmError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is invalid.`);
  if (supported.length && !supported.includes(version))
    throw new ArmError(
      400,
      'NoRegisteredProviderFound',
      `No registered resource provider found for location 'local' and API version '${version}' for type '${what}'. The supported api-versions are '${supported.join(', ')}'.`,
    );
  return version;
}

export function readBody(request: HttpRequest): Record<string, unknown> {
  if (!request.body.length) return {};
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new ArmError(
      400,
      'InvalidRequestContent',
      `The request content was invalid and could not be deserialized: '${reason}'.`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ArmError(400, 'InvalidRequestContent', 'The request content must be a JSON object.');
  return value as Record<string, unknown>;
}
