import type { IncomingHttpHeaders } from 'node:http';
import type { HttpRequest } from '#local/kit/http-server.ts';

/** The service's operations by name: what calls are counted as and faults are switched on for. */
export type Operation =
  | 'ReadAccount'
  | 'CreateDatabase'
  | 'ReadDatabase'
  | 'DeleteDatabase'
  | 'ListDatabases'
  | 'QueryDatabases'
  | 'CreateContainer'
  | 'ReadContainer'
  | 'ReplaceContainer'
  | 'DeleteContainer'
  | 'ListContainers'
  | 'QueryContainers'
  | 'ListPartitionKeyRanges'
  | 'QueryOffers'
  | 'CreateItem'
  | 'UpsertItem'
  | 'ReadItem'
  | 'ReplaceItem'
  | 'PatchItem'
  | 'DeleteItem'
  | 'Batch'
  | 'Bulk'
  | 'QueryItems'
  | 'QueryPlan'
  | 'ReadItemFeed'
  | 'ReadChangeFeed'
  | 'Unsupported';

export interface Route {
  operation: Operation;
  database: string;
  container: string;
  item: string;
  /** What the master key signs beside the verb and the date. */
  resourceType: string;
  resourceLink: string;
}

/** The value of a header; of one that came twice, the first. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function flag(headers: IncomingHttpHeaders, name: string): boolean {
  return header(headers, name)?.toLowerCase() === 'true';
}

/** Paths by the names of their parts; an id stands for any segment. Methods to operations. */
const table: Readonly<Record<string, Partial<Record<string, Operation>>>> = {
  '': { GET: 'ReadAccount' },
  dbs: { GET: 'ListDatabases', POST: 'CreateDatabase' },
  'dbs/id': { GET: 'ReadDatabase', DELETE: 'DeleteDatabase' },
  'dbs/id/colls': { GET: 'ListContainers', POST: 'CreateContainer' },
  'dbs/id/colls/id': { GET: 'ReadContainer', PUT: 'ReplaceContainer', DELETE: 'DeleteContainer' },
  'dbs/id/colls/id/pkranges': { GET: 'ListPartitionKeyRanges' },
  'dbs/id/colls/id/docs': { GET: 'ReadItemFeed', POST: 'CreateItem' },
  'dbs/id/colls/id/docs/id': {
    GET: 'ReadItem',
    PUT: 'ReplaceItem',
    PATCH: 'PatchItem',
    DELETE: 'DeleteItem',
  },
  offers: { GET: 'QueryOffers', POST: 'QueryOffers' },
};

/** Never throws: what is not understood is `Unsupported`. */
export function routeOf({ method, url, headers }: HttpRequest): Route {
  const segments = decodedSegments(url.pathname);
  const shape = segments.map((segment, index) => (index % 2 === 0 ? segment.toLowerCase() : 'id')).join('/');
  const operation = table[shape]?.[method];
  const isResource = segments.length % 2 === 0;
  return {
    operation: operation ? refined(operation, headers) : 'Unsupported',
    database: segments[1] ?? '',
    container: segments[3] ?? '',
    item: segments[5] ?? '',
    resourceType: (isResource ? segments.at(-2) : segments.at(-1)) ?? '',
    resourceLink: (isResource ? segments : segments.slice(0, -1)).join('/'),
  };
}

/** Some clients double the first slash, some end with one. */
function decodedSegments(pathname: string): string[] {
  try {
    return decodeURIComponent(pathname).split('/').filter(Boolean);
  } catch {
    return ['malformed'];
  }
}

/** One POST and one GET on `docs` stand for many operations: headers say which. */
function refined(operation: Operation, headers: IncomingHttpHeaders): Operation {
  const isQuery =
    flag(headers, 'x-ms-documentdb-isquery') ||
    header(headers, 'content-type')?.startsWith('application/query+json') === true;
  switch (operation) {
    case 'CreateDatabase':
      return isQuery ? 'QueryDatabases' : operation;
    case 'CreateContainer':
      return isQuery ? 'QueryContainers' : operation;
    case 'CreateItem':
      if (flag(headers, 'x-ms-cosmos-is-query-plan-request')) return 'QueryPlan';
      if (flag(headers, 'x-ms-cosmos-is-batch-request'))
        return flag(headers, 'x-ms-cosmos-batch-atomic') ? 'Batch' : 'Bulk';
      if (isQuery) return 'QueryItems';
      return flag(headers, 'x-ms-documentdb-is-upsert') ? 'UpsertItem' : operation;
    case 'ReadItemFeed':
      return header(headers, 'a-im') ? 'ReadChangeFeed' : operation;
    default:
      return operation;
  }
}
