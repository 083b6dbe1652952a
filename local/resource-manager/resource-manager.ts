import { isDeepStrictEqual } from 'node:util';
import type { DnsZones, HybridConnections } from '#local/kit/boundaries.ts';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '#local/kit/http-server.ts';
import type { StandIn, StandInOptions, TlsIdentity } from '#local/kit/stand-in.ts';
import { inTransaction } from '#local/kit/store.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { renderArmError, requestIds } from './arm-error.ts';
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
import { openOperations } from './operations.ts';
import { createGoalWaiters, localTwinRoutes } from './providers/local-twin.ts';
import { microsoftAuthorization } from './providers/microsoft-authorization.ts';
import { microsoftAzureStackHci } from './providers/microsoft-azure-stack-hci.ts';
import { microsoftCompute } from './providers/microsoft-compute.ts';
import { microsoftHybridCompute } from './providers/microsoft-hybrid-compute.ts';
import { microsoftHybridConnectivity } from './providers/microsoft-hybrid-connectivity.ts';
import { microsoftNetworkDns } from './providers/microsoft-network-dns.ts';
import { microsoftRelay } from './providers/microsoft-relay.ts';
import { microsoftResources } from './providers/microsoft-resources.ts';
import { openRegistrations } from './providers/registration.ts';
import { decodeSegment, isCollection, parseResourceId, splitAction, typeKey } from './resource-id.ts';
import { openResourceStore } from './resource-store.ts';
import type { SeedResource } from './seeds.ts';
import type { ArmCall, ProviderContext, Route, TypeRules } from './type-rules.ts';

export interface ResourceManagerOptions extends StandInOptions {
  tls: TlsIdentity;
  verifyToken: VerifyToken;
  /** `https://arm.localhost:PORT`, as clients write it; by default from the port that was taken. */
  publicOrigin?: string;
  tenantId: string;
  subscriptionId: string;
  /** Resources that exist at start; see `seeds.ts`. */
  seed: readonly SeedResource[];
  /** Transitive groups of a principal, for `assignedTo()`. Default: none. */
  groupsOf?(objectId: string): readonly string[];
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
}

/** The local Azure Resource Manager. */
export interface ResourceManager extends StandIn {
  readonly origin: string;
  readonly zones: DnsZones;
  readonly hybridConnections: HybridConnections;
}

export async function createResourceManager(options: ResourceManagerOptions): Promise<ResourceManager> {
  const { clock, store: database, tenantId, subscriptionId, retryAfterSeconds = 1 } = options;
  const calls = createCalls();
  const faults = createFaults();
  const types = new Map<string, TypeRules>();
  const resources = openResourceStore(database);
  let port = options.port;
  const origin = () => options.publicOrigin?.replace(/\/$/, '') ?? `https://arm.localhost:${port}`;

  let committed: (() => void)[] = [];
  const runCommitted = () => {
    const callbacks = committed;
    committed = [];
    for (const callback of callbacks) callback();
  };

  const operations = openOperations({
    database,
    resources,
    clock,
    origin,
    retryAfterSeconds,
    show(id) {
      const resource = resources.get(id);
      const rules = resource && types.get(resource.type);
      return rules && showResource(rules, resource);
    },
  });
  const context: ProviderContext = {
    database,
    resources,
    operations,
    clock,
    subscriptionId,
    tenantId,
    origin,
    afterCommit: (callback) => void committed.push(callback),
  };
  const registrations = openRegistrations({
    database,
    clock,
    subscriptionId,
    types: () => types.values(),
    unregistered: ['Microsoft.HybridConnectivity'],
    delayMs: options.registrationDelayMs ?? 300,
  });
  const waiters = createGoalWaiters(clock);
  const dns = microsoftNetworkDns(context, options.nameServers ?? ['ns1.dns.localhost.']);
  const relay = microsoftRelay(context, options.relayHost ?? ((name) => `${name}.servicebus.windows.net`));
  const providers = [
    microsoftResources(context),
    microsoftHybridCompute(context, waiters),
    microsoftHybridConnectivity(context),
    microsoftCompute(),
    microsoftAzureStackHci(),
    dns,
    relay,
    microsoftAuthorization(context, options.groupsOf ?? (() => [])),
  ];
  for (const rules of providers.flatMap((provider) => provider.types))
    types.set(rules.type.toLowerCase(), rules);
  const routes: readonly Route[] = [
    ...providers.flatMap((provider) => provider.routes ?? []),
    ...registrations.routes,
    ...operations.routes,
    ...localTwinRoutes(context, waiters),
  ];

  const sow = ({ id, body }: SeedResource) => {
    const parsed = parseResourceId(id);
    const rules = types.get(typeKey(parsed));
    if (!rules) throw new Error(`the seed ${id} has a type that the local resource manager does not have`);
    const existing = resources.get(parsed.key);
    if (existing && isDeepStrictEqual(existing.body, JSON.parse(JSON.stringify(body)))) return;
    const written = resources.put({ id, type: rules.type, body, secret: existing?.secret ?? {} });
    rules.onWritten?.(written, existing);
  };
  inTransaction(database, () => {
    resources.put({
      id: `/subscriptions/${subscriptionId}`,
      type: 'Microsoft.Resources/subscriptions',
      body: { properties: {} },
    });
    options.seed.forEach(sow);
  });
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
      const found = findRoute(request);
      if (found) return found.route.name;
      const id = parseResourceId(request.url.pathname);
      const isAction = request.method === 'POST' && isCollection(id);
      const { resource, action } = isAction ? splitAction(id) : { resource: id, action: '' };
      const verb = request.method === 'GET' && isCollection(id) ? 'LIST' : request.method;
      return [verb, types.get(typeKey(resource))?.type ?? 'unknown', action].filter(Boolean).join(' ');
    } catch {
      return 'malformed';
    }
  };

  const requireMayAct = (claims: TokenClaims, action: string, scope: string) =>
    requirePermission(options.mayAct ?? (() => true), claims, action, scope);
  const dispatch = createDispatch({
    context,
    types,
    requireMayAct,
    requireRegistered: registrations.requireRegistered,
    requireVersion: (call, rules) => requireVersion(call.query, rules.apiVersions, rules.type),
  });

  const handle = async (request: HttpRequest): Promise<HttpReply> => {
    const claims: TokenClaims = await authenticate(request, options.verifyToken, {
      audiences: ['https://management.azure.com', 'https://management.core.windows.net', origin()],
      tenantId,
      authorizationUri: `https://login.localhost/${tenantId}`,
    });
    const query = request.url.searchParams;
    const call: ArmCall = {
      request,
      query,
      apiVersion: requireVersion(query, [], ''),
      claims,
      body: () => readBody(request),
    };
    requireSubscription(request.url.pathname, subscriptionId);
    const found = findRoute(request);
    let reply: HttpReply;
    try {
      if (found) {
        requireVersion(query, found.route.apiVersions, found.route.name);
        const permission = found.route.permission?.(...found.groups);
        if (permission) requireMayAct(claims, permission, `/subscriptions/${subscriptionId}`);
        reply = await found.route.handle(call, ...found.groups);
      } else reply = dispatch(call);
    } catch (error) {
      committed = [];
      throw error;
    }
    runCommitted();
    return reply;
  };

  const withIds = (reply: HttpReply, request: HttpRequest): HttpReply => {
    const correlation = request.headers['x-ms-correlation-request-id'];
    const ids = requestIds(typeof correlation === 'string' ? correlation : undefined);
    return { ...reply, headers: { 'cache-control': 'no-cache', ...ids, ...reply.headers } };
  };

  const server = await serveHttp({
    port,
    tls: options.tls,
    calls,
    faults,
    operationOf,
    handle: async (request) => withIds(await handle(request), request),
    renderError: (error, request) => withIds(renderArmError(error), request),
  });
  port = server.port;
  return {
    name: 'resource-manager',
    port,
    calls,
    faults,
    origin: origin(),
    zones: dns.zones,
    hybridConnections: relay.hybridConnections,
    async close() {
      waiters.close();
      await server.close();
    },
  };
}
