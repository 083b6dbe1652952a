import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import type { Directory } from '../directory.ts';
import { applicationRoutes } from './applications.ts';
import { directoryObjectRoutes } from './directory-objects.ts';
import type { GraphRoute } from './graph-call.ts';
import { GraphError, renderGraphError } from './graph-error.ts';
import { peopleRoutes } from './people.ts';
import { principalRoutes } from './principals.ts';

const routes = [...peopleRoutes, ...applicationRoutes, ...principalRoutes, ...directoryObjectRoutes].map(
  (route) => ({
    ...route,
    segments: route.path.split('/').filter(Boolean),
    operation: `graph ${route.method} ${route.path}`,
  }),
);

/** Names of its operations, for counting and for faults. */
export const graphOperations: readonly string[] = routes.map(({ operation }) => operation);

interface Match {
  route: GraphRoute & { operation: string };
  id: string;
  member: string;
}

/** `applications(appId='x')` is `applications/appId=x` to the table of routes. */
function segmentsOf(pathname: string): string[] {
  return decodeURIComponent(pathname)
    .replace(/\(appId='([^'/]+)'\)/i, '/appId=$1')
    .split('/')
    .filter(Boolean)
    .slice(1);
}

function matchRoute({ method, url }: HttpRequest): Match | undefined {
  const segments = segmentsOf(url.pathname);
  for (const route of routes) {
    if (route.method !== method || route.segments.length !== segments.length) continue;
    const placed: Record<string, string> = {};
    const isMatch = route.segments.every((part, index) => {
      const segment = segments[index] ?? '';
      if (part.startsWith('{')) placed[part] = segment;
      return part.startsWith('{') || part.toLowerCase() === segment.toLowerCase();
    });
    if (isMatch) return { route, id: placed['{id}'] ?? '', member: placed['{member}'] ?? '' };
  }
  return undefined;
}

export function graphOperationOf(request: HttpRequest): string {
  try {
    return matchRoute(request)?.route.operation ?? 'graph unknown';
  } catch {
    return 'graph unknown';
  }
}

/** A status that was switched on, in Graph's shape. */
export const graphFault = (status: number, operation: string): HttpReply =>
  renderGraphError(new GraphError(status, 'InjectedFault', `fault switched on for ${operation}`), {
    'retry-after': '1',
  });

/**
 * The subset of Microsoft Graph v1.0 that answers who somebody is and which groups hold them, and registers
 * applications with their consent. It checks tokens, and permissions of Graph for `getByIds` alone.
 */
export function createGraph(directory: Directory, verifyToken: VerifyToken, clock: Clock) {
  const authenticate = async (request: HttpRequest): Promise<TokenClaims> => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new GraphError(401, 'InvalidAuthenticationToken', 'Access token is empty.');
    try {
      return await verifyToken(token, ['https://graph.microsoft.com', request.url.origin]);
    } catch (error) {
      throw new GraphError(401, 'InvalidAuthenticationToken', (error as Error).message);
    }
  };

  const answer = async (request: HttpRequest): Promise<HttpReply> => {
    const { method, url, body } = request;
    const claims = await authenticate(request);
    const match = matchRoute(request);
    if (!match)
      throw new GraphError(
        501,
        'NotImplemented',
        `the local Graph stand-in has no ${method} ${url.pathname.slice(0, 200)}`,
      );
    const { route, id, member } = match;
    return route.handle({ directory, clock, claims, url, body, id, member });
  };

  return async (request: HttpRequest): Promise<HttpReply> => {
    const throttleMs = request.fault?.throttleMs;
    try {
      if (throttleMs !== undefined)
        throw new GraphError(429, 'TooManyRequests', 'Too many requests, retry later.');
      return await answer(request);
    } catch (error) {
      const waitS = String(Math.ceil((throttleMs ?? 0) / 1000));
      if (error instanceof GraphError)
        return renderGraphError(error, error.status === 429 ? { 'retry-after': waitS } : {});
      if (error instanceof URIError)
        return renderGraphError(new GraphError(400, 'BadRequest', 'malformed URL'));
      throw error;
    }
  };
}
