import { certificateRoutes } from './certificates.ts';
import { keyRoutes } from './keys.ts';
import { secretRoutes } from './secrets.ts';
import type { Route } from './vault-call.ts';
import { badParameter } from './vault-error.ts';

const routes = [...certificateRoutes, ...secretRoutes, ...keyRoutes].map((route) => ({
  ...route,
  segments: route.path.split('/').filter(Boolean),
}));

/** The service's names of all operations that it is known to have, those that are refused included. */
export const operationNames: readonly string[] = [
  ...new Set(routes.map(({ operation }) => operation)),
].sort();

export interface RouteMatch {
  route: Route;
  parameters: Record<string, string>;
}

const segmentsOf = (pathname: string) => pathname.split('/').filter(Boolean);

function matchSegments(pattern: readonly string[], segments: readonly string[]) {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = segment;
    else if (part !== segment.toLowerCase()) return undefined;
  }
  return parameters;
}

/** Empty segments count for nothing: clients ask for `/secrets/name/` when they want the latest version. */
export function matchRoute(method: string, pathname: string): RouteMatch | undefined {
  const segments = segmentsOf(pathname);
  for (const route of routes) {
    if (route.method !== method) continue;
    const parameters = matchSegments(route.segments, segments);
    if (parameters) return { route, parameters };
  }
  return undefined;
}

/** The service's rule for names of objects: 1 to 127 of these characters. */
export function requireLegalName(name: string | undefined): void {
  if (name !== undefined && !/^[0-9a-zA-Z-]{1,127}$/.test(name))
    throw badParameter(`The request URI contains an invalid name: ${name.slice(0, 200)}`);
}

/** What the clients of the official SDKs send today and sent before; some stay at a preview for good. */
const apiVersions =
  '7.0 7.1 7.2 7.3-preview 7.3 7.4-preview.1 7.4 7.5-preview.1 7.5 7.6-preview.1 7.6-preview.2 7.6 2025-07-01 2026-04-01'.split(
    ' ',
  );

export function requireApiVersion(query: URLSearchParams): void {
  const version = query.get('api-version');
  if (!version) throw badParameter('api-version must be specified');
  if (!apiVersions.includes(version))
    throw badParameter(
      `The specified version (${version.slice(0, 40)}) is not recognized. Consider using the latest supported ` +
        `version (${apiVersions.at(-1)}).`,
    );
}
