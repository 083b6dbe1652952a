import { resourceNotFound } from '../errors.ts';
import { containerHeaders, type Exchange, getDatabase, type Handler, jsonBody, reply } from '../exchange.ts';
import { requireId } from '../item-rules.ts';
import { header } from '../routes.ts';
import { isObject, type JsonObject } from '../sql/values.ts';
import type { Container } from '../storage/containers.ts';
import { listPage } from './lists.ts';

function resource({ definition, database, rid, etag, ts }: Container): JsonObject {
  return {
    // Through JSON, which is what it is kept as: members that are undefined are absent.
    ...(JSON.parse(JSON.stringify(definition)) as JsonObject),
    conflictResolutionPolicy: {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    geospatialConfig: { type: 'Geography' },
    _rid: rid,
    _self: `dbs/${database.rid}/colls/${rid}/`,
    _etag: etag,
    _ts: ts,
    _docs: 'docs/',
    _sprocs: 'sprocs/',
    _triggers: 'triggers/',
    _udfs: 'udfs/',
    _conflicts: 'conflicts/',
  };
}

function answer(status: number, container: Container) {
  const headers = { ...containerHeaders(container), etag: container.etag };
  return reply(status, resource(container), { headers });
}

function findContainer(exchange: Exchange): Container {
  const container = exchange.service.containers.find(getDatabase(exchange), exchange.route.container);
  if (!container) throw resourceNotFound();
  return container;
}

export const createContainer: Handler = (exchange) => {
  const body = jsonBody(exchange);
  requireId(isObject(body) ? body['id'] : undefined);
  return answer(201, exchange.service.containers.create(getDatabase(exchange), body));
};

export const readContainer: Handler = (exchange) => answer(200, findContainer(exchange));

export const replaceContainer: Handler = (exchange) =>
  answer(200, exchange.service.containers.replace(findContainer(exchange), jsonBody(exchange)));

export const deleteContainer: Handler = (exchange) => {
  exchange.service.containers.delete(findContainer(exchange));
  return reply(204, undefined);
};

export const listContainers: Handler = (exchange) => {
  const database = getDatabase(exchange);
  const all = exchange.service.containers.list(database).map(resource);
  const isQuery = exchange.route.operation === 'QueryContainers';
  return listPage(exchange, 'DocumentCollections', database.rid, all, isQuery);
};

/** One physical partition holds everything. Read as a change feed it never changes: 304 after the first time. */
export const listPartitionKeyRanges: Handler = (exchange) => {
  const container = findContainer(exchange);
  const { rid, database, ts } = container;
  const etag = `"${rid}"`;
  const headers = { ...containerHeaders(container), etag };
  if (header(exchange.request.headers, 'if-none-match') === etag) return reply(304, undefined, { headers });
  const range = {
    _rid: rid,
    id: '0',
    _etag: etag,
    minInclusive: '',
    maxExclusive: 'FF',
    ridPrefix: 0,
    _self: `dbs/${database.rid}/colls/${rid}/pkranges/0/`,
    throughputFraction: 1,
    status: 'online',
    parents: [],
    _ts: ts,
  };
  return reply(200, { _rid: rid, PartitionKeyRanges: [range], _count: 1 }, { headers });
};
