import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { settleCertificate } from './certificate-issuance.ts';
import { rotateWhenDue } from './key-rotation.ts';
import { matchRoute, requireApiVersion, requireLegalName } from './routing.ts';
import { keyOf, nowSeconds, type VaultCall, type VaultContext } from './vault-call.ts';
import { errorReply, forbidden, lacking, throttledReply, VaultError } from './vault-error.ts';

/** Vault names stand before it, and tokens are for it: clients check that one ends with the other. */
export const vaultDomain = 'vault.localhost';
const audience = `https://${vaultDomain}`;

/** What belongs to one certificate: itself, its key or its secret. */
const namesObject = /^\/(certificates|keys|secrets)\/\{name\}/;

export interface RequestHandlerOptions {
  context: VaultContext;
  verifyToken: VerifyToken;
  authority: string;
  vaults: readonly string[];
  mayUse?: ((claims: TokenClaims, operation: string) => boolean) | undefined;
}

/** A clock that is wrong by this much. */
const skewed = (clock: Clock, skewMs: number): Clock => ({
  now: () => clock.now() + skewMs,
  at: (atMs, callback) => clock.at(atMs - skewMs, callback),
});

/** What the verifier, whose clock is right, has let through, judged by a clock that is wrong. */
function requireValidBy(clock: Clock, { exp = Number.POSITIVE_INFINITY, nbf = 0 }: TokenClaims): void {
  const now = Math.floor(clock.now() / 1000);
  if (exp <= now) throw new Error('"exp" claim timestamp check failed');
  if (nbf > now) throw new Error('"nbf" claim timestamp check failed');
}

/** One request to the data plane, from the token to the reply; what it throws is for `errorReply`. */
export function createRequestHandler(options: RequestHandlerOptions) {
  const challenge = (message: string): HttpReply => ({
    ...errorReply(new VaultError(401, 'Unauthorized', message)),
    headers: { 'www-authenticate': `Bearer authorization="${options.authority}", resource="${audience}"` },
  });

  const vaultOf = ({ url }: HttpRequest): string => {
    const vault = options.vaults.find((name) => url.hostname.toLowerCase() === `${name}.${vaultDomain}`);
    if (vault) return vault;
    throw new VaultError(404, 'VaultNotFound', `there is no vault at ${url.hostname}`);
  };

  return async (request: HttpRequest): Promise<HttpReply> => {
    const { fault } = request;
    if (fault?.throttleMs !== undefined) return throttledReply(fault.throttleMs);
    const vault = vaultOf(request);
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) return challenge('AKV10000: Request is missing a Bearer or PoP token.');
    const { store, clock: rightClock } = options.context;
    const clock = fault?.skewMs ? skewed(rightClock, fault.skewMs) : rightClock;
    const context = { ...options.context, clock };
    let claims: TokenClaims;
    try {
      claims = await options.verifyToken(token, [audience]);
      requireValidBy(clock, claims);
    } catch (error) {
      return challenge(`Error validating token: ${(error as Error).message}`);
    }

    const { pathname, searchParams: query } = request.url;
    const match = matchRoute(request.method, pathname);
    if (!match) throw lacking(`the operation ${request.method} ${pathname.slice(0, 200)}`);
    const { route, parameters } = match;
    requireApiVersion(query);
    requireLegalName(parameters['name']);
    if (options.mayUse?.(claims, route.operation) === false)
      throw forbidden(
        `Caller is not authorized to perform action ${route.operation} on this resource.`,
        'ForbiddenByRbac',
      );
    if (!route.handle) throw lacking(`the operation ${route.operation}`);
    const call: VaultCall = { vault, baseUrl: request.url.origin, parameters, query, body: request.body };
    store.purgeDue(nowSeconds(options.context));
    if (namesObject.test(route.path)) await settleCertificate(context, keyOf(call, 'certificates'));
    if (route.path.startsWith('/keys/{name}')) await rotateWhenDue(context, call);
    return route.handle(context, call);
  };
}
