import type { HttpReply } from '#local/kit/http-server.ts';
import { type Exchange, reply } from '../exchange.ts';
import type { Json } from '../sql/values.ts';
import { pageSize, parseQuerySpec } from './query-spec.ts';

/** A page of databases or containers: all of them, or those that a query selects. */
export function listPage(
  exchange: Exchange,
  name: string,
  rid: string,
  all: Json[],
  isQuery: boolean,
): HttpReply {
  const { service } = exchange;
  const { maxItems, continuation } = pageSize(exchange);
  const { text, parameters } = isQuery
    ? parseQuerySpec(exchange)
    : { text: 'SELECT * FROM root', parameters: new Map() };
  const page = service.prepare(text).run({
    documents: (after) => all.map((value, index) => ({ place: index + 1, value })).slice(Math.max(0, after)),
    parameters,
    now: service.clock.now(),
    maxItems,
    continuation,
  });
  return reply(
    200,
    { _rid: rid, [name]: page.items, _count: page.items.length },
    {
      headers: {
        'x-ms-item-count': String(page.items.length),
        ...(page.continuation && { 'x-ms-continuation': page.continuation }),
      },
    },
  );
}
