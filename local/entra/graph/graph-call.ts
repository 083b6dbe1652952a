import type { z } from 'zod';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import type { TokenClaims } from '#local/kit/tokens.ts';
import type { Directory } from '../directory.ts';
import { badRequest } from './graph-error.ts';

/** One request with a good token. */
export interface GraphCall {
  directory: Directory;
  clock: Clock;
  claims: TokenClaims;
  url: URL;
  /** What the route's `{id}` and `{member}` stand for. */
  id: string;
  member: string;
  body: Buffer;
}

export interface GraphRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/v1.0`. */
  path: string;
  handle(call: GraphCall): HttpReply;
}

type Members = Readonly<Record<string, unknown>>;

/** The body as the schema reads it; what does not fit is a 400 that names the property. */
export function parseBody<T>({ body }: GraphCall, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('Unable to read JSON request payload.');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'the body';
  throw badRequest(`Invalid value specified for property '${where}' of the resource: ${issue?.message}.`);
}

function select(call: GraphCall, members: Members): Members {
  const names = call.url.searchParams.get('$select')?.split(',');
  if (!names) return members;
  const unknown = names.find((name) => !Object.hasOwn(members, name));
  if (unknown) throw badRequest(`the local Graph stand-in has no property '${unknown.slice(0, 80)}' here`);
  return Object.fromEntries(names.map((name) => [name, members[name]]));
}

/** `name eq 'value'` and `name eq guid`: the one form of `$filter` that is known. */
function fits(filter: string, members: Members): boolean {
  const [, name = '', quoted, bare] = /^(\w+) eq (?:'((?:[^']|'')*)'|([\w-]+))$/.exec(filter.trim()) ?? [];
  if (!Object.hasOwn(members, name))
    throw badRequest(`the local Graph stand-in does not understand the filter ${filter.slice(0, 120)}`);
  const wanted = quoted?.replaceAll("''", "'") ?? bare ?? '';
  return String(members[name]).toLowerCase() === wanted.toLowerCase();
}

const knownOptions = new Set(['$select', '$filter', '$top', '$skiptoken', '$count', '$orderby']);

export function entity(call: GraphCall, set: string, members: Members, status = 200): HttpReply {
  const context = `${call.url.origin}/v1.0/$metadata#${set}/$entity`;
  return { status, body: { '@odata.context': context, ...select(call, members) } };
}

/** One page of a collection and the link to the next (`$top` at most 999, 100 unless said). */
export function collection(call: GraphCall, set: string, all: readonly Members[]): HttpReply {
  const { searchParams: query, origin } = call.url;
  const unknown = [...query.keys()].find((name) => !knownOptions.has(name));
  if (unknown) throw badRequest(`the local Graph stand-in has no query option '${unknown.slice(0, 40)}'`);
  const filter = query.get('$filter');
  const found = filter === null ? all : all.filter((members) => fits(filter, members));
  const top = Number(query.get('$top') ?? 100);
  if (!Number.isInteger(top) || top < 1 || top > 999)
    throw badRequest(`Invalid page size specified: '${top}'.`);
  const start = Number(query.get('$skiptoken') ?? 0);
  if (!Number.isInteger(start) || start < 0)
    throw badRequest('The $skiptoken is not one of this collection.');
  const next = new URL(call.url);
  next.searchParams.set('$skiptoken', String(start + top));
  return {
    status: 200,
    body: {
      '@odata.context': `${origin}/v1.0/$metadata#${set}`,
      ...(start + top < found.length && { '@odata.nextLink': next.href }),
      value: found.slice(start, start + top).map((members) => select(call, members)),
    },
  };
}
