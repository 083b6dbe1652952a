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
  identities: readonly LocalManagedIdentity[];
}

export interface ManagedIdentity extends StandIn {
  /** Value of IDENTITY_ENDPOINT for the processes that use it. */
  readonly endpoint: string;
}

class IdentityError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Selecting another identity of the same process is not offered: a header has exactly one. */
const selectors = {
  client_id: (identity: LocalManagedIdentity) => identity.clientId,
  principal_id: (identity: LocalManagedIdentity) => identity.objectId,
  object_id: (identity: LocalManagedIdentity) => identity.objectId,
  mi_res_id: (identity: LocalManagedIdentity) => identity.resourceId,
};

/**
 * The identity endpoint of App Service over plain http:
 * `GET /msi/token?api-version=2019-08-01&resource=...` with X-IDENTITY-HEADER.
 */
export async function createManagedIdentity(options: ManagedIdentityOptions): Promise<ManagedIdentity> {
  const { clock, identities, issue } = options;
  const calls = createCalls();
  const faults = createFaults();
  const known = identities.map((identity) => ({ identity, hash: digest(identity.header) }));

  const handle = async (request: HttpRequest): Promise<HttpReply> => {
    const { url } = request;
    if (url.pathname !== '/msi/token' || request.method !== 'GET')
      throw new IdentityError(404, `the local identity endpoint has no ${request.method} ${url.pathname}`);
    const header = request.headers['x-identity-header'];
    const offered = digest(typeof header === 'string' ? header : '');
    const identity = known.find(({ hash }) => timingSafeEqual(hash, offered))?.identity;
    if (!identity) throw new IdentityError(401, 'X-IDENTITY-HEADER is missing or belongs to nobody');
    if (url.searchParams.get('api-version') !== '2019-08-01')
      throw new IdentityError(400, 'api-version must be 2019-08-01');
    const resource = url.searchParams.get('resource');
    if (!resource) throw new IdentityError(400, 'the query parameter resource is required');
    for (const [name, read] of Object.entries(selectors)) {
      const wanted = url.searchParams.get(name);
      if (wanted !== null && wanted.toLowerCase() !== read(identity)?.toLowerCase())
        throw new IdentityError(400, `no managed identity was found for the given ${name}`);
    }
    const token = await issue(
      {
        aud: resource,
        oid: identity.objectId,
        sub: identity.objectId,
        appid: identity.clientId,
        appidacr: '2',
        idtyp: 'app',
        ...(identity.resourceId !== undefined && { xms_mirid: identity.resourceId }),
      },
      { version: '1.0', lifetimeSeconds },
    );
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        access_token: token,
        expires_on: String(Math.floor(clock.now() / 1000) + lifetimeSeconds),
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
    operationOf: () => 'token',
    handle,
    renderError: (error) => {
      if (!(error instanceof IdentityError)) console.error(error);
      const status = error instanceof IdentityError ? error.status : 500;
      const message = error instanceof IdentityError ? error.message : 'unexpected';
      return { status, body: { statusCode: status, message } };
    },
  });
  return {
    name: 'managed-identity',
    port: server.port,
    calls,
    faults,
    endpoint: `http://127.0.0.1:${server.port}/msi/token`,
    close: server.close,
  };
}
