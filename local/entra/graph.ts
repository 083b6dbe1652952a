import { randomUUID } from 'node:crypto';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import type { Directory, LocalAccount } from './directory.ts';

class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const renderError = (error: GraphError): HttpReply => ({
  status: error.status,
  headers: error.status === 401 ? { 'www-authenticate': 'Bearer realm=""' } : {},
  body: {
    error: { code: error.code, message: error.message, innerError: { 'request-id': randomUUID() } },
  },
});

const userFields = (account: LocalAccount): Record<string, unknown> => ({
  id: account.objectId,
  displayName: account.displayName,
  userPrincipalName: account.userPrincipalName,
  mail: null,
  jobTitle: account.description ?? null,
});

function renderUser(account: LocalAccount, url: URL): HttpReply {
  const fields = userFields(account);
  const select = url.searchParams.get('$select')?.split(',');
  const unknown = select?.find((name) => !(name in fields));
  if (unknown)
    throw new GraphError(
      400,
      'Request_BadRequest',
      `the local Graph stand-in has no user property '${unknown}'`,
    );
  const chosen = select ? Object.fromEntries(select.map((name) => [name, fields[name]])) : fields;
  return {
    status: 200,
    body: { '@odata.context': `${url.origin}/v1.0/$metadata#users/$entity`, ...chosen },
  };
}

const requireFound = <T>(found: T | undefined, id: string): T => {
  if (found === undefined)
    throw new GraphError(
      404,
      'Request_ResourceNotFound',
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    );
  return found;
};

/** The subset of Microsoft Graph v1.0 that answers who somebody is and which groups hold them, transitively. */
export function createGraph(directory: Directory, verifyToken: VerifyToken) {
  const authenticate = async (request: HttpRequest): Promise<TokenClaims> => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new GraphError(401, 'InvalidAuthenticationToken', 'Access token is empty.');
    try {
      return await verifyToken(token, ['https://graph.microsoft.com', request.url.origin]);
    } catch (error) {
      throw new GraphError(
        401,
        'InvalidAuthenticationToken',
        error instanceof Error ? error.message : 'invalid',
      );
    }
  };

  const memberGroups = (request: HttpRequest, kind: string, id: string): HttpReply => {
    const { findAccount, findServicePrincipal, findGroup } = directory;
    const finders = {
      users: findAccount,
      serviceprincipals: findServicePrincipal,
      directoryobjects: (key: string) => findAccount(key) ?? findServicePrincipal(key) ?? findGroup(key),
    };
    const find = finders[kind.toLowerCase() as keyof typeof finders];
    const { objectId } = requireFound(find(id), id);
    let body: unknown;
    try {
      body = JSON.parse(request.body.toString('utf8'));
    } catch {
      throw new GraphError(400, 'BadRequest', 'Unable to read JSON request payload.');
    }
    if (typeof (body as { securityEnabledOnly?: unknown } | null)?.securityEnabledOnly !== 'boolean')
      throw new GraphError(400, 'Request_BadRequest', 'securityEnabledOnly must be true or false');
    return {
      status: 200,
      body: {
        '@odata.context': `${request.url.origin}/v1.0/$metadata#Collection(Edm.String)`,
        value: directory.groupsOf(objectId),
      },
    };
  };

  const route = async (request: HttpRequest): Promise<HttpReply> => {
    const claims = await authenticate(request);
    const path = decodeURIComponent(request.url.pathname);
    if (request.method === 'GET' && path === '/v1.0/me') {
      if (claims.idtyp === 'app')
        throw new GraphError(
          400,
          'BadRequest',
          '/me request is only valid with delegated authentication flow.',
        );
      return renderUser(requireFound(directory.findAccount(claims.oid ?? ''), 'me'), request.url);
    }
    const user = /^\/v1\.0\/users\/([^/]+)$/.exec(path)?.[1];
    if (request.method === 'GET' && user)
      return renderUser(requireFound(directory.findAccount(user), user), request.url);
    const groups = /^\/v1\.0\/(users|servicePrincipals|directoryObjects)\/([^/]+)\/getMemberGroups$/i.exec(
      path,
    );
    if (request.method === 'POST' && groups?.[1] && groups[2])
      return memberGroups(request, groups[1], groups[2]);
    throw new GraphError(501, 'NotImplemented', `the local Graph stand-in has no ${request.method} ${path}`);
  };

  return async (request: HttpRequest): Promise<HttpReply> => {
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof GraphError) return renderError(error);
      if (error instanceof URIError) return renderError(new GraphError(400, 'BadRequest', 'malformed URL'));
      throw error;
    }
  };
}
