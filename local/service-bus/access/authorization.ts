import type { Clock } from '#local/kit/clock.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { AuthorizationRule, Right } from '../store/entity-store.ts';
import { covers, resourcePathOf } from './resource-path.ts';
import { parseSharedAccessSignature } from './shared-access-signature.ts';

export const allRights: readonly Right[] = ['Listen', 'Send', 'Manage'];
const audience = 'https://servicebus.azure.net';

/**
 * What a verified token lets its bearer do on the resource it was shown for and on all below it, until
 * `expiresAt`. Paths are lower case; the root is empty.
 */
export interface Grant {
  expiresAt: number;
  allows(path: string, right: Right): boolean;
}

export type RightsOf = (claims: TokenClaims, entityPath: string) => readonly Right[];

export interface AuthorizationOptions {
  namespace: string;
  rootKey: { name: string; key: string };
  /** The shared access policies of the entity that a path names or lies below. */
  rulesAt(path: string): readonly AuthorizationRule[];
  verifyToken: VerifyToken;
  rightsOf: RightsOf;
  clock: Clock;
}

export interface Authorization {
  /**
   * Verifies a token that is to be used on `resource`; throws `unauthorized` with the service's reason. `skewMs` is
   * how far the service's clock is off.
   */
  verifySharedAccess(token: string, resource: string, skewMs?: number): Grant;
  verifyJwt(token: string, resource: string, skewMs?: number): Promise<Grant>;
  /** Either kind, as an HTTP Authorization header carries it. */
  verifyHeader(header: string | undefined, resource: string, skewMs?: number): Promise<Grant>;
}

const unauthorized = (what: string) => new ServiceBusError('unauthorized', what);

const expired = () => unauthorized('ExpiredToken: The token is expired.');

export function createAuthorization(options: AuthorizationOptions): Authorization {
  const { namespace, rootKey, clock } = options;
  const root: AuthorizationRule = {
    keyName: rootKey.name,
    rights: allRights,
    primaryKey: rootKey.key,
    secondaryKey: rootKey.key,
  };

  const requirePath = (resource: string): string => {
    const path = resourcePathOf(resource, namespace);
    if (path === undefined)
      throw unauthorized(`InvalidAudience: '${resource}' is not a resource of this namespace.`);
    return path;
  };

  return {
    verifySharedAccess(token, resource, skewMs = 0) {
      const signature = parseSharedAccessSignature(token);
      const [signedFor, wanted] = [requirePath(signature.resource), requirePath(resource)];
      if (!covers(signedFor, wanted))
        throw unauthorized(
          `InvalidAudience: The token is for '${signature.resource}' and not for '${resource}'.`,
        );
      // An entity's own policy comes before the namespace's; it cannot sign for the namespace root.
      const rules = [...(signedFor === '' ? [] : options.rulesAt(signedFor)), root];
      const rule = rules.find(({ keyName }) => keyName === signature.keyName);
      if (!rule || ![rule.primaryKey, rule.secondaryKey].some((key) => signature.isSignedBy(key)))
        throw unauthorized('InvalidSignature: The token has an invalid signature.');
      const expiresAt = signature.expiresAt - skewMs;
      if (expiresAt <= clock.now()) throw expired();
      return {
        expiresAt,
        allows: (_, right) => rule.rights.includes(right),
      };
    },
    async verifyJwt(token, resource, skewMs = 0) {
      requirePath(resource);
      const claims = await options.verifyToken(token, [audience]).catch((error: unknown) => {
        throw unauthorized(`InvalidToken: ${error instanceof Error ? error.message : String(error)}`);
      });
      const expiresAt = (claims.exp ?? 0) * 1000 - skewMs;
      if (skewMs !== 0 && expiresAt <= clock.now()) throw expired();
      return {
        expiresAt,
        allows: (path, right) => options.rightsOf(claims, path).includes(right),
      };
    },
    async verifyHeader(header, resource, skewMs) {
      if (!header) throw unauthorized('MissingToken: The authorization header was not found.');
      const bearer = /^Bearer +(.+)$/i.exec(header)?.[1];
      return bearer
        ? this.verifyJwt(bearer, resource, skewMs)
        : this.verifySharedAccess(header, resource, skewMs);
    },
  };
}
