import type { DnsZones, HybridConnections } from '#local/kit/boundaries.ts';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { InspectedTable, StandInOptions } from '#local/kit/stand-in.ts';
import { inTransaction } from '#local/kit/store.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { openActivityLog } from './activity-log.ts';
import { ArmError, throttled } from './arm-error.ts';
import {
  authenticate,
  type MayAct,
  readBody,
  requirePermission,
  requireSubscription,
  requireVersion,
} from './arm-request.ts';
import { createDispatch } from './dispatch.ts';
import { showResource } from './generic-verbs.ts';
import { inspectResources } from './inspect.ts';
import { nameOperation, operationNames, permissionOf } from './operation-names.ts';
import { openOperations } from './operations.ts';
import { openGoals } from './providers/goals.ts';
import { createGoalWaiters, localTwinRoutes } from './providers/local-twin.ts';
import { managementLocks } from './providers/locks.ts';
import { microsoftAuthorization } from './providers/microsoft-authorization.ts';
import { microsoftAzureStackHci } from './providers/microsoft-azure-stack-hci.ts';
import { microsoftCompute } from './providers/microsoft-compute.ts';
import { microsoftHybridCompute } from './providers/microsoft-hybrid-compute.ts';
import { microsoftHybridConnectivity } from './providers/microsoft-hybrid-connectivity.ts';
import { microsoftInsights } from './providers/microsoft-insights.ts';
import { microsoftNetwork } from './providers/microsoft-network.ts';
import { microsoftNetworkDns } from './providers/microsoft-network-dns.ts';
import { microsoftRelay } from './providers/microsoft-relay.ts';
import { microsoftResources } from './providers/microsoft-resources.ts';
import { openRegistrations } from './providers/registration.ts';
import { createReadTime } from './read-time.ts';
import { decodeSegment } from './resource-id.ts';
import { openResourceStore } from './resource-store.ts';
import type { SeedResource } from './seeds.ts';
import { sowSeeds } from './sow-seeds.ts';
import { openTimedChanges } from './timed-changes.ts';
import type { ArmCall, ProviderContext, Route, TypeRules } from './type-rules.ts';

export interface ArmServiceOptions extends Pick<StandInOptions, 'clock' | 'store'> {
  /** `https://arm.localhost:PORT`, as clients write it, without a final slash. */
  origin(): string;
  verifyToken: VerifyToken;
  tenantId: string;
  subscriptionId: string;
  /** Resources that exist at start; see `seeds.ts`. */
  seed: readonly SeedResource[];
  /** Transitive groups of a principal, for `assignedTo()`. Default: none. */
  groupsOf?(objectId: string): readonly string[];
  /** Whether it is a group: `assignedTo()` is of users and service principals alone. Default: nothing is. */
  isGroup?(objectId: string): boolean;
  /** Names of the management groups between the subscription and the tenant's own, nearest first. Default: none. */
  managementGroups?: readonly string[];
  /** Whether a caller may do an action at a scope. Default: everybody may. */
  mayAct?: MayAct;
  /** Host of a relay namespace with its port, for connection strings. Default `{name}.servicebus.windows.net`. */
  relayHost?(namespace: string): string;
  /** Names of the zones' name servers. */
  nameServers?: readonly string[];
  /** How long registering a provider takes. Default 300 ms. */
  registrationDelayMs?: number;
  /** What a poller of a long-running operation is told to wait. Default 1 s. */
  retryAfterSeconds?: number;
  /** How long a long-running change of a virtual machine, network resource or cluster takes. Default 300 ms. */
  operationDelayMs?: number;
}

/** What answers requests, without a network: `resource-manager.ts` puts it on a port. */
export interface ArmService {
  readonly operations: readonly string[];
  readonly zones: DnsZones;
  readonly hybridConnections: HybridConnections;
  operationOf(request: HttpRequest): string;
  /** Rejects with an ArmError for what it refuses. */
  handle(request: HttpRequest): Promise<HttpReply>;
  inspect(): InspectedTable[];
  /** Answers the machines that wait for a change. */
  close(): void;
}

export function createArmService(options: ArmServiceOptions): ArmService {
  const { clock, store: database, tenantId, subscriptionId, origin, retryAfterSeconds = 1 } = options;
  const types = new Map<string, TypeRules>();
  const readTime = createReadTime(clock);
  const resources = openResourceStore(database, readTime);
  const activityLog = openActivityLog(database, clock);
  let committed: (() => void)[] = [];
  const runCommitted = () => {
    const callbacks = committed;
    committed = [];
    for (const callback of callbacks) callback();
  };

  const operations = openOperations({
    database,
    clock,
    readTime,
    origin,
    retryAfterSeconds,
    show(id) {
      const resource = resources.get(id);
      const rules = resource && types.get(resource.type);
      return rules && showResource(rules, resource);
    },
  });
  const timed = openTimedChanges({
    database,
    resources,
    operations,
    clock,
    delayMs: options.operationDelayMs ?? 300,
    onRemoved(removed) {
      for (const resource of removed) types.get(resource.type)?.onDeleted?.(resource);
    },
  });
  const context: ProviderContext = {
    database,
    resources,
    operations,
    timed,
    clock,
    readTime,
    subscriptionId,
    tenantId,
    managementGroups: [...(options.managementGroups ?? []), tenantId],
    origin,
    afterCommit: (callback) => void committed.push(callback),
  };
  const registrations = openRegistrations({
    database,
    clock,
    readTime,
    subscriptionId,
    types: () => types.values(),
    hasResources: (namespace) =>
      [...types.values()].some(
        ({ type }) =>
          type.toLowerCase().startsWith(`${namespace.toLowerCase()}/`) && resources.list(type, '').length > 0,
      ),
    unregistered: ['Microsoft.HybridConnectivity'],
    delayMs: options.registrationDelayMs ?? 300,
  });
  const locks = managementLocks(context);
  const waiters = createGoalWaiters(clock);
  const goals = openGoals(context, waiters);
  const dns = microsoftNetworkDns(context, options.nameServers ?? ['ns1.dns.localhost.']);
  const relay = microsoftRelay(context, options.relayHost ?? ((name) => `${name}.servicebus.windows.net`));
  const providers = [
    microsoftResources(context),
    microsoftHybridCompute(context, goals),
    microsoftHybridConnectivity(context),
    microsoftCompute(context, goals),
    microsoftAzureStackHci(context, goals),
    microsoftNetwork(context),
    microsoftInsights(context, activityLog),
    dns,
    relay,
    microsoftAuthorization(context, (objectId) =>
      options.isGroup?.(objectId)
        ? []
        : [objectId, ...(options.groupsOf?.(objectId) ?? [])].map((id) => id.toLowerCase()),
    ),
    { types: [locks.rules] },
  ];
  for (const rules of providers.flatMap((provider) => provider.types))
    types.set(rules.type.toLowerCase(), rules);
  const routes: readonly Route[] = [
    ...providers.flatMap((provider) => provider.routes ?? []),
    ...registrations.routes,
    ...operations.routes,
    ...localTwinRoutes(context, waiters, goals),
  ];

  sowSeeds({ database, resources, types, subscriptionId, seed: options.seed });
  committed = [];

  /** A group is a segment or, for the machine's side, a whole id. */
  const decodeGroup = (group: string) => group.split('/').map(decodeSegment).join('/');
  const findRoute = ({ method, url }: HttpRequest): { route: Route; groups: string[] } | undefined => {
    const path = url.pathname.replace(/\/$/, '');
    for (const route of routes) {
      const match = route.method === method ? route.pattern.exec(path) : null;
      if (match) return { route, groups: match.slice(1).map(decodeGroup) };
    }
    return undefined;
  };

  const operationOf = (request: HttpRequest): string => {
    try {
      return findRoute(request)?.route.name ?? nameOperation(request, types);
    } catch {
      return 'malformed';
    }
  };

  const logged = ({ request, claims }: ArmCall, httpStatus: number, failure?: string) => {
    const correlationId = request.headers['x-ms-correlation-request-id'];
    activityLog.record({
      request,
      operation: permissionOf(request, types),
      claims,
      httpStatus,
      correlationId: typeof correlationId === 'string' ? correlationId : undefined,
      ...(failure !== undefined && { failure }),
    });
  };

  const requireMayAct = (claims: TokenClaims, action: string, scope: string) =>
    requirePermission(options.mayAct ?? (() => true), claims, action, scope);
  const dispatch = createDispatch({
    context,
    types,
    requireMayAct,
    requireUnlocked: locks.requireUnlocked,
    requireRegistered: registrations.requireRegistered,
    requireVersion: (call, rules) => requireVersion(call.query, rules.apiVersions, rules.type),
  });

  const answer = (call: ArmCall): HttpReply | Promise<HttpReply> => {
    const found = findRoute(call.request);
    if (!found) return dispatch(call);
    requireVersion(call.query, found.route.apiVersions, found.route.name);
    const permission = found.route.permission?.(...found.groups);
    if (permission) requireMayAct(call.claims, permission, `/subscriptions/${subscriptionId}`);
    return found.route.handle(call, ...found.groups);
  };

  const handle = async (request: HttpRequest): Promise<HttpReply> => {
    const { fault = {} } = request;
    const isRead = request.method === 'GET';
    if (fault.throttleMs) throw throttled(fault.throttleMs, subscriptionId, isRead);
    const claims: TokenClaims = await authenticate(request, options.verifyToken, {
      audiences: ['https://management.azure.com', 'https://management.core.windows.net', origin()],
      tenantId,
      authorizationUri: `https://login.localhost/${tenantId}`,
      ...(fault.skewMs !== undefined && { wrongNow: clock.now() + fault.skewMs }),
    });
    const query = request.url.searchParams;
    const apiVersion = requireVersion(query, [], '');
    const call: ArmCall = { request, query, apiVersion, claims, body: () => readBody(request) };
    requireSubscription(request.url.pathname, subscriptionId);
    inTransaction(database, timed.settle);
    runCommitted();
    try {
      const reply = await (isRead && fault.staleMs
        ? readTime.ago(fault.staleMs, () => answer(call))
        : answer(call));
      if (!isRead) logged(call, reply.status);
      runCommitted();
      return reply;
    } catch (error) {
      committed = [];
      if (!isRead && error instanceof ArmError) logged(call, error.status, error.code);
      throw error;
    }
  };

  return {
    operations: operationNames(types.values(), routes),
    zones: dns.zones,
    hybridConnections: relay.hybridConnections,
    operationOf,
    handle,
    inspect() {
      inTransaction(database, timed.settle);
      runCommitted();
      return inspectResources(database, operations);
    },
    close: waiters.close,
  };
}
