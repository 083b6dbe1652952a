import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpRequest } from '#local/kit/http-server.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { CosmosError, unauthorized } from './errors.ts';
import { header, type Operation, type Route } from './routes.ts';
import { requireRecent, requireValid } from './token-time.ts';

export interface AuthorizationOptions {
  masterKey: string;
  verifyToken: VerifyToken;
  /** Whether the principal has a data-plane role on this account; absent means all have. */
  mayUse: ((claims: TokenClaims) => boolean) | undefined;
  clock: Clock;
}

/**
 * Resolves when the request may go on. Throws 401 and 403. `skewMs` is how wrong the service's clock is: tokens and
 * the dates of signatures are then judged by it.
 */
export type Authorize = (request: HttpRequest, route: Route, skewMs?: number) => Promise<void>;

/** The resource that tokens for any Cosmos DB account may name. */
const serviceAudience = 'https://cosmos.azure.com';

/** Databases, containers and throughput belong to Azure Resource Manager: the data plane refuses tokens for them. */
const managementOperations: ReadonlySet<Operation> = new Set<Operation>([
  'CreateDatabase',
  'DeleteDatabase',
  'CreateContainer',
  'ReplaceContainer',
  'DeleteContainer',
  'QueryOffers',
]);

export function createAuthorize(options: AuthorizationOptions): Authorize {
  const verifyCached = cacheTokens(options);
  return async (request, route, skewMs) => {
    const [type, signature] = parseAuthorization(header(request.headers, 'authorization'));
    const skewedNow = skewMs === undefined ? undefined : options.clock.now() + skewMs;
    if (type === 'master') {
      checkSignature(request, route, signature, options.masterKey);
      if (skewedNow !== undefined) requireRecent(signedDate(request), skewedNow);
      return;
    }
    if (type !== 'aad') throw unauthorized(`The local stand-in does not know authorization type '${type}'.`);
    const claims = await verifyCached(signature, request.url);
    if (skewedNow !== undefined) requireValid(claims, skewedNow);
    if (options.mayUse && !options.mayUse(claims))
      throw new CosmosError(
        403,
        'Forbidden',
        `Request blocked by Auth: principal [${claims.oid ?? claims.sub}] does not have required RBAC permissions to perform this action on resource [${request.url.pathname}].`,
        5301,
      );
    if (managementOperations.has(route.operation))
      throw new CosmosError(
        403,
        'Forbidden',
        `The given request [${request.method} ${request.url.pathname}] cannot be authorized by AAD token in data plane.`,
        5300,
      );
  };
}

/** `type=...&ver=1.0&sig=...`, percent-encoded as a whole or not. */
function parseAuthorization(value: string | undefined): [type: string, signature: string] {
  if (!value) throw unauthorized("Required Header 'authorization' is missing.");
  // A bearer token has no percent sign, and a key's signature may have been sent without encoding.
  const text = /^type%3d/i.test(value) ? decodeOrSame(value) : value;
  const match = /^type=(\w+)&ver=1\.0&sig=(.+)$/s.exec(text);
  const [, type, signature] = match ?? [];
  if (!type || !signature)
    throw unauthorized('The authorization header is not of the form type=...&ver=1.0&sig=...');
  return [type, signature];
}

function decodeOrSame(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function signedDate({ headers }: HttpRequest): string | undefined {
  return header(headers, 'x-ms-date') ?? header(headers, 'date');
}

function checkSignature(request: HttpRequest, route: Route, signature: string, masterKey: string): void {
  const date = signedDate(request);
  if (!date || Number.isNaN(Date.parse(date)))
    throw unauthorized('The input date header is missing or invalid: x-ms-date must be an RFC 1123 date.');
  const payload = [request.method, route.resourceType].map((part) => part.toLowerCase());
  const text = `${payload.join('\n')}\n${route.resourceLink}\n${date.toLowerCase()}\n\n`;
  const expected = createHmac('sha256', Buffer.from(masterKey, 'base64')).update(text).digest();
  const given = Buffer.from(signature, 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw unauthorized(
      `The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol. The payload was '${JSON.stringify(text).slice(1, -1)}'.`,
    );
}

/** Checking a signature takes longer than reading an item, and clients send the same token for an hour. */
function cacheTokens({ verifyToken, clock }: AuthorizationOptions) {
  const maxTokens = 200;
  const known = new Map<string, { claims: TokenClaims; audience: string }>();
  return async (token: string, url: URL): Promise<TokenClaims> => {
    const audience = accountAudience(url);
    const hit = known.get(token);
    if (hit && hit.audience === audience && (hit.claims.exp ?? 0) * 1000 > clock.now()) return hit.claims;
    known.delete(token);
    const claims = await verifyToken(token, [serviceAudience, audience]).catch((error: unknown) => {
      throw unauthorized(
        `The AAD token is not valid: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    if (known.size >= maxTokens) known.clear();
    known.set(token, { claims, audience });
    return claims;
  };
}

/** The account as the client addressed it, if it is a name of ours: SDKs ask for `<endpoint>/.default` first. */
function accountAudience({ hostname, host }: URL): string {
  const isOurs = hostname === 'cosmos.localhost' || hostname.endsWith('.cosmos.localhost');
  return isOurs ? `https://${host}` : serviceAudience;
}
