import { randomUUID } from 'node:crypto';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import { badRequest, CosmosError, ownerNotFound } from './errors.ts';
import { chargeOfRead } from './request-charge.ts';
import { header, type Route } from './routes.ts';
import type { Service } from './service.ts';
import type { Container } from './storage/containers.ts';
import type { Database } from './storage/databases.ts';
import type { ReadItems } from './storage/history.ts';
import { type PartitionKey, parsePartitionKey } from './storage/partition-key.ts';

/** One request with what handlers ask of it. */
export interface Exchange {
  service: Service;
  request: HttpRequest;
  route: Route;
  /** Reads answer what was there this long ago: a fault that is switched on. */
  staleMs?: number | undefined;
}

export type Handler = (exchange: Exchange) => HttpReply;

/** The service's own limit; whatever walks a document afterwards may recurse. */
const maxNesting = 128;

export function jsonBody({ request }: Exchange): unknown {
  const text = request.body.toString('utf8');
  if (nestingOf(text) > maxNesting)
    throw badRequest(`The request payload is nested more than ${maxNesting} levels deep.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('The request payload is invalid. Ensure to provide a valid request payload.');
  }
}

/** The deepest level of arrays and objects in a JSON text. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.replace(/"[^"\\]*(?:\\[\s\S][^"\\]*)*"/g, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

export function getDatabase({ service, route }: Exchange): Database {
  const database = service.databases.find(route.database);
  if (!database) throw ownerNotFound();
  return database;
}

function getContainer(exchange: Exchange): Container {
  const container = exchange.service.containers.find(getDatabase(exchange), exchange.route.container);
  if (!container) throw ownerNotFound();
  return container;
}

/** The container for an operation on its items, once the session that the client is in was checked. */
export function openContainer(exchange: Exchange): Container {
  const container = getContainer(exchange);
  const seen = sessionOf(exchange);
  if (seen !== undefined && seen > container.lsn)
    throw new CosmosError(
      404,
      'NotFound',
      'The read session is not available for the input session token.',
      1002,
    );
  const range = header(exchange.request.headers, 'x-ms-documentdb-partitionkeyrangeid');
  if (range !== undefined && range !== '0' && !range.endsWith(',0'))
    throw new CosmosError(410, 'Gone', `The partition key range '${range}' does not exist.`, 1002);
  return container;
}

/** The last transaction that the client knows of. */
function sessionOf({ request }: Exchange): number | undefined {
  const lsn = /-1#(\d+)/.exec(header(request.headers, 'x-ms-session-token') ?? '')?.[1];
  return lsn === undefined ? undefined : Number(lsn);
}

/** What this request reads from: the items as they are, or a replica that lags behind but keeps the client's session. */
export function replicaOf(exchange: Exchange, container: Container): { items: ReadItems; lsn: number } {
  const { service, staleMs } = exchange;
  if (staleMs === undefined) return { items: service.items, lsn: container.lsn };
  const then = service.history.lsnAt(container, service.clock.now() - staleMs);
  const lsn = Math.max(then, sessionOf(exchange) ?? 0);
  return { items: service.history.asOf(service.items, lsn), lsn };
}

export function partitionKeyHeader({ request }: Exchange): PartitionKey | undefined {
  const value = header(request.headers, 'x-ms-documentdb-partitionkey');
  return value === undefined ? undefined : parsePartitionKey(value);
}

interface ReplyOptions {
  headers?: Record<string, string>;
  charge?: number;
}

export function reply(status: number, body: HttpReply['body'], options: ReplyOptions = {}): HttpReply {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-ms-activity-id': randomUUID(),
      'x-ms-request-charge': String(options.charge ?? chargeOfRead(1)),
      ...options.headers,
    },
    ...(body !== undefined && { body }),
  };
}

/** What every answer about a container's items says: its name, its resource id and how far the client has seen. */
export function containerHeaders(container: Container, lsn = container.lsn): Record<string, string> {
  return {
    'x-ms-alt-content-path': encodeURI(`dbs/${container.database.id}/colls/${container.id}`),
    'x-ms-content-path': container.rid,
    'x-ms-session-token': `0:-1#${lsn}`,
    lsn: String(lsn),
  };
}
