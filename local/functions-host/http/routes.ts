import type { HostedFunction } from '../function-table.ts';
import { parseRouteTemplate, type RouteTemplate } from './route-template.ts';

export interface Route {
  target: HostedFunction;
  template: RouteTemplate;
  /** Upper case. */
  methods: readonly string[];
}

export interface RouteMatch {
  target: HostedFunction;
  params: Record<string, string>;
}

function parseTemplate(name: string, source: string): RouteTemplate {
  try {
    return parseRouteTemplate(source);
  } catch (error) {
    throw new Error(`function '${name}': ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** The routes of the HTTP functions, in order of function name: that order decides, not how special a route is. */
export function createRoutes(functions: readonly HostedFunction[], prefix: string): Route[] {
  return functions
    .filter(({ kind }) => kind === 'http')
    .map((target) => {
      const { route, methods } = target.trigger;
      const path = typeof route === 'string' ? route : target.name;
      const template = parseTemplate(target.name, [prefix, path].filter(Boolean).join('/'));
      const listed = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [];
      return { target, template, methods: listed };
    });
}

/** The first route in order that takes this path and method. */
export function findRoute(routes: readonly Route[], method: string, path: string): RouteMatch | undefined {
  for (const { target, template, methods } of routes) {
    if (methods.length && !methods.includes(method)) continue;
    const params = template.match(path);
    if (params) return { target, params };
  }
  return undefined;
}

type Segment = RouteTemplate['segments'][number];

const literalOf = (segment: Segment) => {
  const [part] = segment;
  return segment.length === 1 && part && 'text' in part ? part.text.toLowerCase() : undefined;
};

/** True when a segment may be missing from the path. */
const mayBeAbsent = (segment: Segment) => {
  const [part] = segment;
  return (
    segment.length === 1 &&
    part !== undefined &&
    'name' in part &&
    (part.optional || part.catchAll || part.defaultValue !== undefined)
  );
};

const isCatchAll = (segment: Segment) => segment.some((part) => 'name' in part && part.catchAll);
const isEmptyOnly = (segment: Segment) =>
  segment.some((part) => 'name' in part && part.constraints.some(({ source }) => source === 'maxlength(0)'));

/** Whether a path can match both; constraints other than `maxlength(0)` count as taking anything. */
function overlap(a: readonly Segment[], b: readonly Segment[]): boolean {
  const [first] = a;
  const [second] = b;
  if (!first || !second) return [...a, ...b].every(mayBeAbsent);
  if (isCatchAll(first)) return b.every(mayBeAbsent) || !isEmptyOnly(second) || overlap(a, b.slice(1));
  if (isCatchAll(second)) return overlap(b, a);
  if (isEmptyOnly(first)) return overlap(a.slice(1), b);
  if (isEmptyOnly(second)) return overlap(a, b.slice(1));
  const [left, right] = [literalOf(first), literalOf(second)];
  if (left !== undefined && right !== undefined && left !== right) return false;
  return overlap(a.slice(1), b.slice(1));
}

/** Pairs of functions for which one request can match both; the first of each pair wins. */
export function overlappingRoutes(routes: readonly Route[]): [Route, Route][] {
  return routes.flatMap((route, index) =>
    routes
      .slice(index + 1)
      .filter(
        (other) =>
          (!route.methods.length ||
            !other.methods.length ||
            route.methods.some((method) => other.methods.includes(method))) &&
          overlap(route.template.segments, other.template.segments),
      )
      .map((other): [Route, Route] => [route, other]),
  );
}
