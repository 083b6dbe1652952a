import { badRequest, notImplemented } from '../errors.ts';
import {
  containerHeaders,
  type Exchange,
  type Handler,
  openContainer,
  partitionKeyHeader,
  reply,
} from '../exchange.ts';
import { partitionsOf } from '../partition-routing.ts';
import { chargeOfQuery } from '../request-charge.ts';
import { header } from '../routes.ts';
import type { JsonObject } from '../sql/values.ts';
import type { Container } from '../storage/containers.ts';
import type { StoredItem } from '../storage/items.ts';
import { refusePartialRange } from './queries.ts';
import { pageSize } from './query-spec.ts';

/**
 * The latest version of every item that was written after If-None-Match (a sequence number as an ETag, `*` for
 * now) or If-Modified-Since; from the beginning without either. 304 says that there is nothing new.
 */
export const readChangeFeed: Handler = (exchange) => {
  const container = openContainer(exchange);
  refusePartialRange(exchange);
  const mode = header(exchange.request.headers, 'a-im') ?? '';
  if (!/^incremental feed$/i.test(mode)) throw notImplemented(`the change feed mode '${mode}'`);
  const { maxItems } = pageSize(exchange);
  const after = startOf(exchange, container);
  const partitions = partitionsOf(partitionKeyHeader(exchange), container.partitionPaths);
  const found = exchange.service.items.changes(container, partitions, after, maxItems);
  const upTo = found.length < maxItems ? container.lsn : (found.at(-1)?.lsn ?? container.lsn);
  const headers = {
    ...containerHeaders(container),
    etag: `"${upTo}"`,
    'x-ms-item-count': String(found.length),
  };
  if (found.length === 0) return reply(304, undefined, { headers });
  const body = { _rid: container.rid, Documents: found.map(withLsn), _count: found.length };
  return reply(200, body, { headers, charge: chargeOfQuery(found.length) });
};

function withLsn({ body, lsn }: StoredItem): JsonObject {
  return { ...(JSON.parse(body) as JsonObject), _lsn: lsn };
}

function startOf({ request, service }: Exchange, container: Container): number {
  const etag = header(request.headers, 'if-none-match');
  if (etag === '*') return container.lsn;
  if (etag !== undefined) {
    const lsn = Number(/^"(\d+)"$/.exec(etag)?.[1] ?? Number.NaN);
    if (Number.isNaN(lsn)) throw badRequest(`The change feed cannot start from '${etag}'.`);
    return lsn;
  }
  const since = header(request.headers, 'if-modified-since');
  if (since === undefined) return 0;
  const ms = Date.parse(since);
  if (Number.isNaN(ms)) throw badRequest(`If-Modified-Since is not a date: '${since}'.`);
  return service.items.lsnBefore(container, Math.floor(ms / 1000));
}
