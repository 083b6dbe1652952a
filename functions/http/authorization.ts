import type { HttpRequest } from '@azure/functions';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { Settings } from '../settings.ts';

/** Who calls: a user of the portal or a command line, or a managed identity. */
export interface Caller {
  /** Object id in the tenant. */
  id: string;
  /** UPN of a user; the object id of an application. */
  name: string;
  tenantId: string;
  isApplication: boolean;
  /** App roles of this API that the token carries, for example `Audit.Read`. */
  roles: readonly string[];
  /** ARM id of the resource whose managed identity calls: its own, or that of an identity which was assigned to it. */
  identityOf?: string;
}

export interface CallerVerifier {
  /** Throws `token_missing` or `token_invalid`. */
  verify(token: string | undefined): Promise<Caller>;
}

const claims = z.object({
  oid: z.guid(),
  tid: z.guid(),
  upn: z.string().optional(),
  preferred_username: z.string().optional(),
  idtyp: z.string().optional(),
  scp: z.string().optional(),
  xms_mirid: z.string().optional(),
  roles: z.array(z.string()).optional(),
});

/** The scope that delegated tokens carry for this API. */
const delegatedScope = 'user_impersonation';
const clockToleranceSeconds = 60;

export const bearerOf = (request: HttpRequest): string | undefined =>
  /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(request.headers.get('authorization') ?? '')?.[1];

/** What jose says of a token; its timeout, and its general error for an answer other than 200, are of the keys. */
const ofTheKeys = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']);
const ofTheToken = (error: unknown): boolean =>
  error instanceof TokenRefusal ||
  error instanceof z.ZodError ||
  (error instanceof errors.JOSEError && !ofTheKeys.has(error.code));

/** A token that is good for somebody else, or for something else. */
class TokenRefusal extends Error {}

/**
 * Checks access tokens of our tenant for this API: signature by a published key, algorithm, issuer (Entra's v1 and
 * v2 forms), audience, times, and for users the scope.
 */
export function createCallerVerifier(settings: Settings, now: () => Date): CallerVerifier {
  const {
    ADMIN_CENTER_TENANT_ID: tenant,
    ADMIN_CENTER_AUTHORITY: authority,
    ADMIN_CENTER_API_AUDIENCE: audience,
  } = settings;
  let keys: JWTVerifyGetKey | undefined;
  return {
    async verify(token) {
      if (!token) throw new AppError('token_missing', 'the request carries no access token');
      keys ??= createRemoteJWKSet(new URL(`${authority}/${tenant}/discovery/v2.0/keys`));
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ['RS256'],
          issuer: [`${authority}/${tenant}/v2.0`, `https://sts.windows.net/${tenant}/`],
          audience: [audience, `api://${audience}`],
          currentDate: now(),
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['exp', 'oid', 'tid'],
        });
        const found = claims.parse(payload);
        const isApplication = found.idtyp === 'app';
        if (found.tid !== tenant) throw new TokenRefusal('the token is of another tenant');
        if (!isApplication && !found.scp?.split(' ').includes(delegatedScope))
          throw new TokenRefusal('the scope is missing');
        return {
          id: found.oid,
          name: found.upn ?? found.preferred_username ?? found.oid,
          tenantId: found.tid,
          isApplication,
          roles: found.roles ?? [],
          ...(found.xms_mirid !== undefined && { identityOf: found.xms_mirid }),
        };
      } catch (cause) {
        if (!ofTheToken(cause)) {
          throw new AppError('sign_in_unavailable', 'the keys of the sign-in service cannot be read', {
            cause,
          });
        }
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new AppError('token_invalid', `the access token is not accepted: ${why}`, { cause });
      }
    },
  };
}
