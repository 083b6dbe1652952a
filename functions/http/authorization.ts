import type { HttpRequest } from '@azure/functions';
import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { Settings } from '../settings.ts';
import { createSignInKeys, type ReadKeySet, readKeySetFrom } from './sign-in-keys.ts';

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
  /** Throws `token_missing`, `token_invalid` or `sign_in_unavailable`. */
  verify(token: string | undefined): Promise<Caller>;
}

const claims = z.object({
  iss: z.string(),
  /** Entra names one API; a token for several is none of its. */
  aud: z.string(),
  iat: z.number(),
  oid: z.guid(),
  tid: z.guid(),
  ver: z.enum(['1.0', '2.0']).optional(),
  upn: z.string().max(320).optional(),
  preferred_username: z.string().max(320).optional(),
  idtyp: z.enum(['user', 'app']).optional(),
  scp: z.string().optional(),
  xms_mirid: z.string().optional(),
  roles: z.array(z.string()).optional(),
});
type Claims = z.output<typeof claims>;

/** The scope that delegated tokens carry for this API. */
const delegatedScope = 'user_impersonation';
/** Clocks may be apart by this, either way. */
const clockToleranceSeconds = 60;
/** Characters. Two hundred groups, the most that Entra puts in, take some 10,500. */
const longestToken = 12_288;

export const bearerOf = (request: HttpRequest): string | undefined =>
  /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];

/** A token that is good for somebody else, or for something else. */
class TokenRefusal extends Error {}

const isOfTheToken = (error: unknown): boolean =>
  error instanceof TokenRefusal || error instanceof z.ZodError || error instanceof errors.JOSEError;

/** Headers that bring or point at a key, or that change what is signed: Entra sends none, we follow none. */
const strangeHeaders = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc', 'cty'];
/** RFC 9068 and what Entra says; an agent's call or a logout token is of another type. */
const tokenTypes = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

function refuseHeader(header: JWTHeaderParameters): void {
  const strange = strangeHeaders.find((name) => Object.hasOwn(header, name));
  if (strange !== undefined) throw new TokenRefusal(`the header has "${strange}"`);
  const { typ, kid } = header;
  if (typ !== undefined && !(typeof typ === 'string' && tokenTypes.has(typ.toLowerCase())))
    throw new TokenRefusal('the header is that of another kind of token');
  if (typeof kid !== 'string' || kid === '') throw new TokenRefusal('the header names no key');
}

/**
 * An application calls as itself: Entra says so in `idtyp`, or, where the deployment has not asked for that claim, by app
 * roles without a scope. A token that says both, or neither, is nobody's.
 */
function isOfApplication({ idtyp, scp, roles }: Claims): boolean {
  const isApplication = idtyp === 'app' || (idtyp === undefined && scp === undefined && roles !== undefined);
  if (isApplication && scp !== undefined)
    throw new TokenRefusal('it is of an application and has the scope of a user');
  if (!isApplication && !scp?.split(' ').includes(delegatedScope))
    throw new TokenRefusal('the scope is missing');
  return isApplication;
}

/**
 * Checks access tokens of our tenant for this API: signature by a published key, algorithm and header, issuer (Entra's
 * v1 and v2 forms), audience, tenant, times, and for users the scope. Nothing that a token says leads to a key.
 */
export function createCallerVerifier(
  settings: Settings,
  now: () => Date,
  readKeySet?: ReadKeySet,
): CallerVerifier {
  const { ADMIN_CENTER_AUTHORITY: authority, ADMIN_CENTER_API_AUDIENCE: audience } = settings;
  const tenant = settings.ADMIN_CENTER_TENANT_ID.toLowerCase();
  const issuers = { '1.0': `https://sts.windows.net/${tenant}/`, '2.0': `${authority}/${tenant}/v2.0` };
  const read = readKeySet ?? readKeySetFrom(new URL(`${authority}/${tenant}/discovery/v2.0/keys`));
  const keys = createSignInKeys(read, () => now().getTime());

  async function claimsOf(token: string): Promise<Claims> {
    if (token.length > longestToken) throw new TokenRefusal(`it is longer than ${longestToken} characters`);
    const { payload }: { payload: JWTPayload } = await jwtVerify(
      token,
      (header, input) => {
        refuseHeader(header);
        return keys(header, input);
      },
      {
        algorithms: ['RS256'],
        issuer: Object.values(issuers),
        audience: [audience, `api://${audience}`],
        currentDate: now(),
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'oid', 'tid'],
      },
    );
    const found = claims.parse(payload);
    if (found.tid.toLowerCase() !== tenant) throw new TokenRefusal('it is of another tenant');
    if (found.ver !== undefined && found.iss !== issuers[found.ver])
      throw new TokenRefusal(`its issuer makes no tokens of version ${found.ver}`);
    if (found.iat > now().getTime() / 1000 + clockToleranceSeconds)
      throw new TokenRefusal('it was issued in the future');
    return found;
  }

  return {
    async verify(token) {
      if (!token) throw new AppError('token_missing', 'the request carries no access token');
      try {
        const found = await claimsOf(token);
        const isApplication = isOfApplication(found);
        return {
          id: found.oid,
          name: isApplication ? found.oid : (found.upn ?? found.preferred_username ?? found.oid),
          tenantId: found.tid,
          isApplication,
          roles: found.roles ?? [],
          ...(isApplication && found.xms_mirid !== undefined && { identityOf: found.xms_mirid }),
        };
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        if (!isOfTheToken(cause)) {
          throw new AppError('sign_in_unavailable', 'the keys of the sign-in service cannot be used', {
            cause,
          });
        }
        const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
        throw new AppError('token_invalid', `the access token is not accepted: ${why}`, { cause });
      }
    },
  };
}
