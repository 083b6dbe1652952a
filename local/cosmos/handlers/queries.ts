import { badRequest, notImplemented } from '../errors.ts';
import {
  containerHeaders,
  type Exchange,
  type Handler,
  openContainer,
  partitionKeyHeader,
  replicaOf,
  reply,
} from '../exchange.ts';
import { requireIndexedOrder } from '../index-policy.ts';
import { partitionsOf, pinnedKey } from '../partition-routing.ts';
import { chargeOfQuery } from '../request-charge.ts';
import { flag, header } from '../routes.ts';
import { rememberCrossPartition } from '../service.ts';
import type { PlacedDocument } from '../sql/execute.ts';
import { type Narrowing, narrowingOf } from '../sql/narrowing.ts';
import type { Json } from '../sql/values.ts';
import type { Container } from '../storage/containers.ts';
import type { ReadItems } from '../storage/history.ts';
import type { Partitions } from '../storage/items.ts';
import { pageSize, parseQuerySpec, type QuerySpec } from './query-spec.ts';

/** A part of the hash range is asked for by clients that split a container: here it is never split. */
export function refusePartialRange({ request }: Exchange): void {
  const [start, end] = ['x-ms-start-epk', 'x-ms-end-epk'].map((name) => header(request.headers, name));
  if ((start ?? '') !== '' || (end ?? 'FF') !== 'FF')
    throw notImplemented('reading a part of the range of effective partition keys');
}

function* documents(
  items: ReadItems,
  container: Container,
  partitions: Partitions,
  after: number,
  narrowing: Narrowing | undefined,
): Iterable<PlacedDocument> {
  for (const { place, body } of items.scan(container, partitions, after, narrowing))
    yield { place, value: JSON.parse(body) as Json };
}

/** Runs a query and counts it when it fans out. */
function answerQuery(exchange: Exchange, container: Container, spec: QuerySpec, name: string) {
  const { service, request } = exchange;
  refusePartialRange(exchange);
  const { maxItems, continuation } = pageSize(exchange);
  const { text, parameters } = spec;
  const query = service.prepare(text);
  requireIndexedOrder(query.syntax, container.definition.indexingPolicy);
  const { partitionPaths } = container;
  const key = partitionKeyHeader(exchange) ?? pinnedKey(query.syntax, partitionPaths, parameters);
  const partitions = partitionsOf(key, partitionPaths);
  if (partitions.kind === 'all') {
    if (!flag(request.headers, 'x-ms-documentdb-query-enablecrosspartition') && request.method === 'POST')
      throw badRequest(
        'Cross partition query is required but disabled. Please set x-ms-documentdb-query-enablecrosspartition to true, specify x-ms-documentdb-partitionkey, or revise your query to avoid this exception.',
      );
    if (continuation === undefined) rememberCrossPartition(service, name);
  }
  const { items, lsn } = replicaOf(exchange, container);
  const narrowing = narrowingOf(query.syntax, parameters);
  const page = query.run({
    documents: (after) => documents(items, container, partitions, after, narrowing),
    parameters,
    now: service.clock.now(),
    maxItems,
    continuation,
  });
  const headers = {
    ...containerHeaders(container, lsn),
    'x-ms-item-count': String(page.items.length),
    ...(page.continuation && { 'x-ms-continuation': page.continuation }),
  };
  const body = { _rid: container.rid, Documents: page.items, _count: page.items.length };
  return reply(200, body, { headers, charge: chargeOfQuery(page.documentsRead) });
}

export const queryItems: Handler = (exchange) => {
  const container = openContainer(exchange);
  const spec = parseQuerySpec(exchange);
  return answerQuery(exchange, container, spec, spec.text);
};

/** All items, or those of a partition, page by page. */
export const readItemFeed: Handler = (exchange) => {
  const container = openContainer(exchange);
  const spec = { text: 'SELECT * FROM root', parameters: new Map() };
  return answerQuery(exchange, container, spec, `read feed of ${container.id}`);
};

/** There is one physical partition and it does all the work, so the client's part of every plan is empty. */
export const queryPlan: Handler = (exchange) => {
  const container = openContainer(exchange);
  const { syntax } = exchange.service.prepare(parseQuerySpec(exchange).text);
  requireIndexedOrder(syntax, container.definition.indexingPolicy);
  return reply(200, {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: 'None',
      top: null,
      offset: null,
      limit: null,
      orderBy: [],
      orderByExpressions: [],
      groupByExpressions: [],
      groupByAliases: [],
      aggregates: [],
      groupByAliasToAggregateType: {},
      rewrittenQuery: '',
      hasSelectValue: syntax.selection.kind === 'value',
      hasNonStreamingOrderBy: false,
    },
    queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
  });
};
