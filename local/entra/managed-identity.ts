import { createHash, timingSafeEqual } from 'node:crypto';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '#local/kit/http-server.ts';
import type { StandIn, StandInOptions } from '#local/kit/stand-in.ts';
import type { MintClaims, MintOptions } from './token-issuer.ts';

/** The platform gives managed identities tokens for 24 hours. */
const lifetimeSeconds = 24 * 60 * 60;

interface LocalManagedIdentity {
  /** The secret that a process sends as X-IDENTITY-HEADER; it alone says who the process is. */
  header: string;
  objectId: string;
  clientId: string;
  /** Resource whose identity it is: becomes the claim `xms_mirid`. */
  resourceId?: string;
}

export interface ManagedIdentityOptions extends StandInOptions {
  /** Signs a token: `Entra.mint`. */
  issue(claims: MintClaims, options?: MintOptions): Promise<string>;
  /** App roles of an identity at an audience: `Entra.appRolesOf`. */
  appRolesOf?(objectId: string, audience: string): readonly string[];
  identities: readonly LocalManagedIdentity[];
  /** Object id of the identity whose tokens the metadata service gives to everybody on this computer. */
  machine?: string;
}

export interface ManagedIdentity extends StandIn {
  /** Value of IDENTITY_ENDPOINT for the processes that use it. */
  readonly endpoint: string;
  /** Value of AZURE_POD_IDENTITY_AUTHORITY_HOST: the SDKs ask the metadata service there. */
  readonly metadataOrigin: string;
}

class IdentityError extends Error {
  readonly status: number;
  readonly retryAfterMs: number;
  constructor(status: number, message: string, retryAfterMs = 1000) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

const isTransient = (status: number) => status === 429 || status >= 500;

/** Both shapes at once: App Service says `statusCode` and `message`, the metadata service as OAuth does. */
function renderError(error: unknown): HttpReply {
  if (!(error instanceof IdentityError)) console.error(error);
  const status = error instanceof IdentityError ? error.status : 500;
  const message = error instanceof IdentityError ? error.message : 'unexpected';
  const waitMs = error instanceof IdentityError ? error.retryAfterMs : 1000;
  const code = { 400: 'invalid_request', 401: 'unauthorized_client', 429: 'too_many_requests' }[status];
  return {
    status,
    ...(isTransient(status) && { headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } }),
    body: { statusCode: status, message, error: code ?? 'server_error', error_description: message },
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Selecting another identity of the same process is not offered: a header has exactly one. */
const selectors = {
  client_id: (identity: LocalManagedIdentity) => identity.clientId,
  principal_id: (identity: LocalManagedIdentity) => identity.objectId,
  object_id: (identity: LocalManagedIdentity) => identity.objectId,
  mi_res_id: (identity: LocalManagedIdentity) => identity.resourceId,
};

interface Question {
  identity: LocalManagedIdentity;
  /** As the platform's answer names the times. */
  times: (now: number) => Record<string, string>;
}

const appServicePath = '/msi/token';
const imdsPath = '/metadata/identity/oauth2/token';
const probePath = '/metadata/instance';

/**
 * Two endpoints over plain http, as the platform has them:
 * App Service, `GET /msi/token?api-version=2019-08-01&resource=...` with X-IDENTITY-HEADER, and
 * the metadata service of a virtual machine, `GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=...`
 * with `Metadata: true` and no secret: whoever reaches it is the machine, `options.machine`.
 */
export async function createManagedIdentity(options: ManagedIdentityOptions): Promise<ManagedIdentity> {
  const { clock, identities, issue, machine } = options;
  const calls = createCalls();
  const faults = createFaults();
  const known = identities.map((identity) => ({ identity, hash: digest(identity.header) }));
  const seconds = (ms: number) => String(Math.floor(ms / 1000));

  const askAppService = ({ headers, url }: HttpRequest): Question => {
    const header = headers['x-identity-header'];
    const offered = digest(typeof header === 'string' ? header : '');
    const identity = known.find(({ hash }) => timingSafeEqual(hash, offered))?.identity;
    if (!identity) throw new IdentityError(401, 'X-IDENTITY-HEADER is missing or belongs to nobody');
    if (url.searchParams.get('api-version') !== '2019-08-01')
      throw new IdentityError(400, 'api-version must be 2019-08-01');
    return { identity, times: (now) => ({ expires_on: seconds(now + lifetimeSeconds * 1000) }) };
  };

  const askMachine = ({ headers, url }: HttpRequest): Question => {
    // Guards against requests that a service was talked into making (its documentation calls it mandatory).
    if (headers['metadata']?.toString().toLowerCase() !== 'true')
      throw new IdentityError(400, 'Required metadata header not specified');
    if (headers['x-forwarded-for'] !== undefined)
      throw new IdentityError(400, 'Requests with the header X-Forwarded-For are refused');
    if (
      !['2018-02-01', '2019-08-01', '2020-06-01', '2021-02-01'].includes(
        url.searchParams.get('api-version') ?? '',
      )
    )
      throw new IdentityError(400, 'api-version is missing or not supported: use 2018-02-01');
    const identity = identities.find(({ objectId }) => objectId === machine);
    if (!identity) throw new IdentityError(400, 'Identity not found: no machine identity is configured here');
    const times = (now: number) => ({
      expires_in: String(lifetimeSeconds),
      ext_expires_in: String(lifetimeSeconds),
      expires_on: seconds(now + lifetimeSeconds * 1000),
      not_before: seconds(now),
    });
    return { identity, times };
  };

  const answer = async (request: HttpRequest): Promise<HttpReply> => {
    const { url, method, fault } = request;
    if (fault?.throttleMs !== undefined) throw new IdentityError(429, 'Too many requests', fault.throttleMs);
    if (method === 'GET' && url.pathname === probePath)
      throw new IdentityError(400, 'the local metadata service has identity tokens only');
    const ask = { [appServicePath]: askAppService, [imdsPath]: askMachine }[url.pathname];
    if (!ask || method !== 'GET')
      throw new IdentityError(
        404,
        `the local identity endpoint has no ${method} ${url.pathname.slice(0, 200)}`,
      );
    const { identity, times } = ask(request);
    const resource = url.searchParams.get('resource');
    if (!resource) throw new IdentityError(400, 'the query parameter resource is required');
    for (const [name, read] of Object.entries(selectors)) {
      const wanted = url.searchParams.get(name);
      if (wanted !== null && wanted.toLowerCase() !== read(identity)?.toLowerCase())
        throw new IdentityError(400, `no managed identity was found for the given ${name}`);
    }
    const skewMs = fault?.skewMs ?? 0;
    const now = Math.floor((clock.now() + skewMs) / 1000);
    const roles = options.appRolesOf?.(identity.objectId, resource) ?? [];
    const token = await issue(
      {
        aud: resource,
        oid: identity.objectId,
        sub: identity.objectId,
        appid: identity.clientId,
        appidacr: '2',
        idtyp: 'app',
        ...(roles.length > 0 && { roles }),
        ...(identity.resourceId !== undefined && { xms_mirid: identity.resourceId }),
        ...(skewMs !== 0 && { iat: now, nbf: now, exp: now + lifetimeSeconds }),
      },
      { version: '1.0', lifetimeSeconds },
    );
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        access_token: token,
        ...times(now * 1000),
        resource,
        token_type: 'Bearer',
        client_id: identity.clientId,
      },
    };
  };

  const server = await serveHttp({
    port: options.port,
    calls,
    faults,
    maxBodyBytes: 1024,
    operationOf: ({ url }) => (url.pathname === imdsPath ? 'machine token' : 'token'),
    handle: answer,
    renderError,
    renderFault: (status) => renderError(new IdentityError(status, 'a fault is switched on')),
  });
  return {
    name: 'managed-identity',
    port: server.port,
    calls,
    faults,
    operations: ['token', 'machine token'],
    faultKinds: ['status', 'delayMs', 'drop', 'throttleMs', 'skewMs'],
    inspect: () => [
      {
        title: 'Managed identities',
        columns: ['object id', 'client id', 'of', 'answers the metadata service'],
        rows: identities.map(({ objectId, clientId, resourceId = '' }) => [
          objectId,
          clientId,
          resourceId,
          objectId === machine ? 'yes' : 'no',
        ]),
      },
    ],
    endpoint: `http://127.0.0.1:${server.port}${appServicePath}`,
    metadataOrigin: `http://127.0.0.1:${server.port}`,
    close: server.close,
  };
}
