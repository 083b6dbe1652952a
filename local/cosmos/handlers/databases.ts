import { resourceNotFound } from '../errors.ts';
import { type Handler, jsonBody, reply } from '../exchange.ts';
import { requireId } from '../item-rules.ts';
import { isObject, type JsonObject } from '../sql/values.ts';
import type { Database } from '../storage/databases.ts';
import { listPage } from './lists.ts';

function resource({ id, rid, etag, ts }: Database): JsonObject {
  return { id, _rid: rid, _self: `dbs/${rid}/`, _etag: etag, _colls: 'colls/', _users: 'users/', _ts: ts };
}

export const createDatabase: Handler = (exchange) => {
  const body = jsonBody(exchange);
  const database = exchange.service.databases.create(requireId(isObject(body) ? body['id'] : undefined));
  return reply(201, resource(database), { headers: { etag: database.etag } });
};

export const readDatabase: Handler = ({ service, route }) => {
  const database = service.databases.find(route.database);
  if (!database) throw resourceNotFound();
  return reply(200, resource(database), { headers: { etag: database.etag } });
};

export const deleteDatabase: Handler = ({ service, route }) => {
  service.databases.delete(route.database);
  return reply(204, undefined);
};

export const listDatabases: Handler = (exchange) => {
  const all = exchange.service.databases.list().map(resource);
  return listPage(exchange, 'Databases', '', all, exchange.route.operation === 'QueryDatabases');
};
