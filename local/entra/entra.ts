import type { JSONWebKeySet } from 'jose';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '#local/kit/http-server.ts';
import type { StandIn, StandInOptions, TlsIdentity } from '#local/kit/stand-in.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';
import { appRolesOf } from './app-roles.ts';
import { createAuthorizeEndpoint } from './authorize-endpoint.ts';
import { openDeviceCodes } from './device-codes.ts';
import { createDeviceCodeEndpoint, createDeviceLogin } from './device-endpoints.ts';
import { createDirectory, type DirectoryContent } from './directory.ts';
import { EntraError, NotInStandIn, renderEntraError, renderFault } from './errors.ts';
import { openGrantedCodes } from './granted-codes.ts';
import { createGraph, graphFault, graphOperationOf, graphOperations } from './graph/graph.ts';
import { inspectTenant } from './inspection.ts';
import { renderMetadata } from './metadata.ts';
import { openDirectoryObjects } from './objects.ts';
import { signedOutPage } from './pages.ts';
import { seedTenant } from './sample-tenant.ts';
import { openSigningKeys } from './signing-keys.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import { createTokenIssuer, type MintClaims, type MintOptions } from './token-issuer.ts';

export interface EntraOptions extends StandInOptions, DirectoryContent {
  tls: TlsIdentity;
  /** `https://login.localhost:PORT`, as clients write it; by default from the port that was taken. */
  publicOrigin?: string;
}

/** The local Entra: sign-in, tokens and the Graph subset of one sample tenant. */
export interface Entra extends StandIn {
  readonly origin: string;
  /** `{origin}/{tenant}`: what clients call the authority. */
  readonly authority: string;
  /** Version 1 and version 2 issuer of this tenant's tokens. */
  readonly issuers: readonly string[];
  jwks(): JSONWebKeySet;
  /** Signs with a new key from now on; tokens of the old one stay valid. */
  rotate(): Promise<void>;
  /** Signs any token of the tenant: for managed identities and for tests. */
  mint(claims: MintClaims, options?: MintOptions): Promise<string>;
  /** Transitive groups of a user or service principal. */
  groupsOf(objectId: string): readonly string[];
  isGroup(objectId: string): boolean;
  /** App roles of a user or service principal at an API: the claim `roles` of its tokens. */
  appRolesOf(objectId: string, audience: string): readonly string[];
}

const operations = {
  '/v2.0/.well-known/openid-configuration': 'metadata',
  '/discovery/v2.0/keys': 'keys',
  '/oauth2/v2.0/authorize': 'authorize',
  '/oauth2/v2.0/token': 'token',
  '/oauth2/v2.0/logout': 'logout',
  '/oauth2/v2.0/devicecode': 'devicecode',
} as const;
/** Below the origin: people type it. */
const deviceLoginPath = '/devicelogin';
type Operation = (typeof operations)[keyof typeof operations] | 'devicelogin';

const methods: Readonly<Record<Operation, readonly string[]>> = {
  metadata: ['GET'],
  keys: ['GET'],
  authorize: ['GET', 'POST'],
  token: ['POST'],
  logout: ['GET', 'POST'],
  devicecode: ['POST'],
  devicelogin: ['GET', 'POST'],
};

/** Tenant and operation of a path below the authority. */
function findOperation(url: URL): { tenant: string; operation: Operation | undefined } {
  if (url.pathname === deviceLoginPath) return { tenant: '', operation: 'devicelogin' };
  const [, tenant = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
  return { tenant, operation: rest in operations ? operations[rest as keyof typeof operations] : undefined };
}

const isGraph = (url: URL): boolean => /^\/(v1\.0|beta)\//.test(url.pathname);

export async function createEntra(options: EntraOptions): Promise<Entra> {
  const { clock, store, tenantId } = options;
  const calls = createCalls();
  const faults = createFaults();
  const objects = openDirectoryObjects(store);
  seedTenant(objects, options);
  const directory = createDirectory(options, objects);
  const keys = await openSigningKeys(store, clock);
  const codes = openGrantedCodes(store, clock);
  const devices = openDeviceCodes(store, clock);
  let port = options.port;
  const origin = () => options.publicOrigin ?? `https://login.localhost:${port}`;
  const issuer = createTokenIssuer({ keys, clock, tenantId, origin });
  const issuers = () => Object.values(issuer.issuers());
  const authorize = createAuthorizeEndpoint(directory, codes);
  const token = createTokenEndpoint({ directory, codes, devices, issuer, clock });
  const graph = createGraph(
    directory,
    (text, audiences) => createTokenVerifier({ keys: keys.jwks, issuers: issuers(), clock })(text, audiences),
    clock,
  );

  const logout = (request: HttpRequest): HttpReply => {
    const target = request.url.searchParams.get('post_logout_redirect_uri');
    if (!target || !URL.canParse(target) || !directory.spaOrigins().has(new URL(target).origin))
      return signedOutPage();
    const location = new URL(target);
    const state = request.url.searchParams.get('state');
    if (state !== null) location.searchParams.set('state', state);
    return { status: 302, headers: { location: location.href } };
  };

  const handlers: Record<Operation, (request: HttpRequest) => HttpReply | Promise<HttpReply>> = {
    metadata: () => ({
      status: 200,
      body: renderMetadata(issuer.issuers().v2, `${origin()}/${tenantId}`, port),
    }),
    keys: () => ({ status: 200, body: keys.jwks() }),
    authorize,
    token,
    logout,
    devicecode: createDeviceCodeEndpoint(directory, devices, origin),
    devicelogin: createDeviceLogin(directory, devices),
  };

  /** Metadata and keys are for everybody; tokens for the registered pages alone. */
  const corsHeaders = (request: HttpRequest): Record<string, string> => {
    const caller = request.headers.origin;
    if (caller === undefined) return {};
    const { operation } = findOperation(request.url);
    if (operation === 'metadata' || operation === 'keys') return { 'access-control-allow-origin': '*' };
    if (operation !== 'token' || !directory.spaOrigins().has(caller)) return {};
    return {
      'access-control-allow-origin': caller,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'content-type, accept, client-request-id',
      vary: 'origin',
    };
  };

  const dispatch = (request: HttpRequest): HttpReply | Promise<HttpReply> => {
    if (request.method === 'OPTIONS') return { status: 204 };
    if (isGraph(request.url)) return graph(request);
    const throttleMs = request.fault?.throttleMs;
    if (throttleMs !== undefined) return throttled(throttleMs);
    const { tenant, operation } = findOperation(request.url);
    if (!operation) throw new NotInStandIn(`${request.method} ${request.url.pathname}`);
    if (operation !== 'devicelogin' && tenant.toLowerCase() !== tenantId.toLowerCase())
      throw new EntraError(90002, `Tenant '${tenant}' not found: the local directory has only ${tenantId}.`);
    if (!methods[operation].includes(request.method))
      throw new EntraError(900561, `The endpoint only accepts ${methods[operation].join(' and ')} requests.`);
    return handlers[operation](request);
  };

  const throttled = (waitMs: number): HttpReply => ({
    ...renderEntraError(
      new EntraError(90055, 'There are too many incoming requests. Please retry later.'),
      clock.now(),
    ),
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });

  const render = (error: unknown, request: HttpRequest): HttpReply => {
    const reply = renderEntraError(error, clock.now());
    return { ...reply, headers: { ...reply.headers, ...corsHeaders(request) } };
  };

  const server = await serveHttp({
    port,
    tls: options.tls,
    calls,
    faults,
    maxBodyBytes: 64 * 1024,
    operationOf: (request) =>
      isGraph(request.url) ? graphOperationOf(request) : (findOperation(request.url).operation ?? 'unknown'),
    renderFault: (status, operation) =>
      operation.startsWith('graph ')
        ? graphFault(status, operation)
        : renderFault(status, operation, clock.now()),
    handle: async (request) => {
      const reply = await dispatch(request);
      return { ...reply, headers: { ...reply.headers, ...corsHeaders(request) } };
    },
    renderError: render,
  });
  port = server.port;
  return {
    name: 'entra',
    port,
    calls,
    faults,
    operations: [...Object.keys(methods), ...graphOperations],
    faultKinds: ['status', 'delayMs', 'drop', 'throttleMs', 'skewMs'],
    inspect: () => inspectTenant(directory, devices, issuer),
    origin: origin(),
    authority: `${origin()}/${tenantId}`,
    issuers: issuers(),
    jwks: keys.jwks,
    rotate: keys.rotate,
    mint: issuer.mint,
    groupsOf: directory.groupsOf,
    isGroup: (objectId) => directory.findGroup(objectId) !== undefined,
    appRolesOf: (objectId, audience) => appRolesOf(directory, objectId, audience),
    close: server.close,
  };
}
