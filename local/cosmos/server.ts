import { type Calls, createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { serveHttp } from '#local/kit/http-server.ts';
import {
  refuseProduction,
  type StandIn,
  type StandInOptions,
  type TlsIdentity,
} from '#local/kit/stand-in.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { createAuthorize } from './authorization.ts';
import { notImplemented, renderError, renderFault, throttled } from './errors.ts';
import type { Handler } from './exchange.ts';
import { queryOffers, readAccount } from './handlers/account.ts';
import { readChangeFeed } from './handlers/change-feed.ts';
import * as containers from './handlers/containers.ts';
import * as databases from './handlers/databases.ts';
import * as items from './handlers/items.ts';
import { queryItems, queryPlan, readItemFeed } from './handlers/queries.ts';
import { inspectAccount } from './inspect.ts';
import { createRequestBudget } from './request-budget.ts';
import { type Operation, routeOf } from './routes.ts';
import { createService } from './service.ts';

export interface CosmosOptions extends StandInOptions {
  tls: TlsIdentity;
  verifyToken: VerifyToken;
  /** Base64, as in a connection string. */
  masterKey: string;
  /** Whether the principal of a token has a data-plane role on the account. Default: every principal has. */
  mayUse?(claims: TokenClaims): boolean;
  /** The budget of every container; what is beyond it gets 429. Default: no budget. */
  requestUnitsPerSecond?: number;
}

export interface Cosmos extends StandIn {
  /** Texts of the queries and feeds that were asked without a partition key, oldest first, at most a thousand. */
  readonly crossPartitionQueries: readonly string[];
  /** The budget of every container from now on; undefined for none. */
  limitRequestUnits(unitsPerSecond: number | undefined): void;
}

const handlers: Readonly<Record<Operation, Handler>> = {
  ReadAccount: readAccount,
  CreateDatabase: databases.createDatabase,
  ReadDatabase: databases.readDatabase,
  DeleteDatabase: databases.deleteDatabase,
  ListDatabases: databases.listDatabases,
  QueryDatabases: databases.listDatabases,
  CreateContainer: containers.createContainer,
  ReadContainer: containers.readContainer,
  ReplaceContainer: containers.replaceContainer,
  DeleteContainer: containers.deleteContainer,
  ListContainers: containers.listContainers,
  QueryContainers: containers.listContainers,
  ListPartitionKeyRanges: containers.listPartitionKeyRanges,
  QueryOffers: queryOffers,
  CreateItem: items.createItem,
  UpsertItem: items.upsertItem,
  ReadItem: items.readItem,
  ReplaceItem: items.replaceItem,
  PatchItem: items.patchItem,
  DeleteItem: items.deleteItem,
  Batch: items.batch,
  Bulk: items.batch,
  QueryItems: queryItems,
  QueryPlan: queryPlan,
  ReadItemFeed: readItemFeed,
  ReadChangeFeed: readChangeFeed,
  Unsupported: ({ request }) => {
    throw notImplemented(`${request.method} ${request.url.pathname}`);
  },
};

/** Serves one Cosmos DB account over https. Its state is in `store`, written before each answer. */
export async function createCosmos(options: CosmosOptions): Promise<Cosmos> {
  refuseProduction(process.env);
  const { clock, store, port, tls, verifyToken, masterKey } = options;
  const calls: Calls = createCalls();
  const faults = createFaults();
  const service = createService(store, clock);
  const authorize = createAuthorize({ masterKey, verifyToken, clock, mayUse: options.mayUse });
  const budget = createRequestBudget(clock, options.requestUnitsPerSecond);
  const server = await serveHttp({
    port,
    tls,
    calls,
    faults,
    operationOf: (request) => routeOf(request).operation,
    renderError,
    renderFault,
    handle: async (request) => {
      const { fault } = request;
      const route = routeOf(request);
      await authorize(request, route, fault?.skewMs);
      if (fault?.throttleMs !== undefined) throw throttled(fault.throttleMs);
      const { operation, database, container, resourceType } = route;
      const answer = () => handlers[operation]({ service, request, route, staleMs: fault?.staleMs });
      return resourceType === 'docs' ? budget.spend(`${database}/${container}`, answer) : answer();
    },
  });
  const { port: boundPort, close } = server;
  return {
    name: 'cosmos',
    port: boundPort,
    calls,
    faults,
    operations: Object.keys(handlers),
    faultKinds: ['status', 'delayMs', 'drop', 'throttleMs', 'staleMs', 'skewMs'],
    inspect: () => inspectAccount(store, service.crossPartitionQueries),
    crossPartitionQueries: service.crossPartitionQueries,
    limitRequestUnits: budget.limit,
    close,
  };
}
