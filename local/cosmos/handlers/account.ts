import { type Handler, reply } from '../exchange.ts';

const accountName = 'local';

/** Clients read limits of the query language from here; one that is empty stops the .NET client. */
const queryEngineConfiguration = {
  maxSqlQueryInputLength: 524288,
  maxJoinsPerSqlQuery: 10,
  maxLogicalAndPerSqlQuery: 2000,
  maxLogicalOrPerSqlQuery: 2000,
  maxUdfRefPerSqlQuery: 0,
  maxInExpressionItemsCount: 16000,
  queryMaxInMemorySortDocumentCount: 500,
  maxQueryRequestTimeoutFraction: 0.9,
  sqlAllowNonFiniteNumbers: false,
  sqlAllowAggregateFunctions: true,
  sqlAllowSubQuery: true,
  sqlAllowScalarSubQuery: true,
  allowNewKeywords: true,
  sqlAllowLike: true,
  sqlAllowGroupByClause: true,
  sqlAllowTop: true,
  enableSpatialIndexing: false,
};

/** One region, whose endpoint is the one that the client used. */
export const readAccount: Handler = ({ request }) => {
  const location = { name: 'Local', databaseAccountEndpoint: `${request.url.origin}/` };
  const replicas = { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 4 };
  return reply(200, {
    _self: '',
    id: accountName,
    _rid: request.url.host,
    media: '//media/',
    addresses: '//addresses/',
    _dbs: '//dbs/',
    writableLocations: [location],
    readableLocations: [location],
    enableMultipleWriteLocations: false,
    continuousBackupEnabled: false,
    enableNRegionSynchronousCommit: false,
    userReplicationPolicy: replicas,
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 4 },
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: JSON.stringify(queryEngineConfiguration),
  });
};

/** Throughput is accepted where it is named and kept nowhere: there are no offers. */
export const queryOffers: Handler = () => reply(200, { _rid: '', Offers: [], _count: 0 });
