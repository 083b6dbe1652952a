import type { HttpReply } from '#local/kit/http-server.ts';
import { executeBatch } from '../batch.ts';
import {
  containerHeaders,
  type Exchange,
  type Handler,
  jsonBody,
  openContainer,
  partitionKeyHeader,
  replicaOf,
  reply,
} from '../exchange.ts';
import type { ItemOperations, ItemRequest, ItemResult } from '../item-operations.ts';
import { requireFullKey } from '../item-rules.ts';
import { chargeOfRead, chargeOfWrite } from '../request-charge.ts';
import { flag, header } from '../routes.ts';
import type { Container } from '../storage/containers.ts';
import { partitionText } from '../storage/partition-key.ts';

type Write = (operations: ItemOperations, request: ItemRequest, exchange: Exchange) => ItemResult;

function target(exchange: Exchange): Omit<ItemRequest, 'lsn'> {
  const { headers } = exchange.request;
  const container = openContainer(exchange);
  return {
    container,
    partition: partitionText(requireFullKey(container, partitionKeyHeader(exchange))),
    conditions: { ifMatch: header(headers, 'if-match'), ifNoneMatch: header(headers, 'if-none-match') },
  };
}

function answer({ status, item }: ItemResult, container: Container, lsn: number, charge: number): HttpReply {
  const headers = { ...containerHeaders(container, lsn), ...(item && { etag: item.etag }) };
  return reply(status, status === 304 ? undefined : item?.body, { headers, charge });
}

/** A write in a transaction of its own. */
const writing =
  (write: Write): Handler =>
  (exchange) => {
    const { items, operations } = exchange.service;
    const request = target(exchange);
    const { result, lsn } = items.transact(request.container, (current) => ({
      result: write(operations, { ...request, lsn: current }, exchange),
      lsn: current,
    }));
    return answer(result, request.container, lsn, chargeOfWrite(result.item?.body.length ?? 0));
  };

export const createItem = writing((operations, request, exchange) =>
  operations.create(request, jsonBody(exchange)),
);
export const upsertItem = writing((operations, request, exchange) =>
  operations.upsert(request, jsonBody(exchange)),
);
export const replaceItem = writing((operations, request, exchange) =>
  operations.replace(request, exchange.route.item, jsonBody(exchange)),
);
export const patchItem = writing((operations, request, exchange) =>
  operations.patch(request, exchange.route.item, jsonBody(exchange)),
);
export const deleteItem = writing((operations, request, exchange) =>
  operations.delete(request, exchange.route.item),
);

export const readItem: Handler = (exchange) => {
  const request = target(exchange);
  const { items, lsn } = replicaOf(exchange, request.container);
  const result = exchange.service.operations.read(request, exchange.route.item, items);
  return answer(result, request.container, lsn, chargeOfRead(result.item?.body.length ?? 0));
};

/** Transactional batch and bulk: the same body, all or nothing or each for itself. */
export const batch: Handler = (exchange) => {
  const { request, route, service } = exchange;
  const container = openContainer(exchange);
  const isAtomic = route.operation === 'Batch';
  const { status, results, lsn } = executeBatch(service.items, service.operations, {
    container,
    partition: isAtomic ? partitionText(requireFullKey(container, partitionKeyHeader(exchange))) : undefined,
    content: jsonBody(exchange),
    size: request.body.length,
    isAtomic,
    continuesOnError: flag(request.headers, 'x-ms-cosmos-batch-continue-on-error'),
    isMinimal: header(request.headers, 'prefer') === 'return=minimal',
  });
  const charge = results.reduce((sum, result) => sum + result.requestCharge, 0);
  return reply(status, results, { headers: containerHeaders(container, lsn), charge });
};
