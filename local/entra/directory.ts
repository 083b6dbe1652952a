/** A sample user of the local tenant. */
export interface LocalAccount {
  objectId: string;
  userPrincipalName: string;
  displayName: string;
  /** What this account is for: one line below its name on the sign-in page. */
  description?: string;
  /** Object ids of the groups that it is a direct member of. */
  memberOf?: readonly string[];
}

/**
 * How a redirect URI may be used. `spa`: exact match, codes are redeemed from the registered origin (CORS).
 * `web`: exact match. `public`: a program; any port of the same loopback URI matches (RFC 8252 section 7.3).
 */
export type RedirectKind = 'spa' | 'web' | 'public';

/** An application of the local tenant: something people sign in to, an API, or both. */
export interface LocalApplication {
  clientId: string;
  displayName: string;
  redirectUris?: readonly { kind: RedirectKind; uri: string }[];
  /** What this application exposes as an API; its tokens have the client id as audience (version 2 tokens). */
  api?: {
    /** `api://<client id>`, the prefix of its scopes. */
    identifierUri: string;
    scopes: readonly string[];
  };
}

interface LocalGroup {
  objectId: string;
  displayName: string;
  memberOf?: readonly string[];
}

/** A managed identity or the service principal of an application. */
export interface LocalServicePrincipal {
  objectId: string;
  appId: string;
  displayName: string;
  memberOf?: readonly string[];
}

export interface DirectoryContent {
  tenantId: string;
  accounts: readonly LocalAccount[];
  applications: readonly LocalApplication[];
  groups?: readonly LocalGroup[];
  servicePrincipals?: readonly LocalServicePrincipal[];
}

/** Read access to the sample tenant. Object ids and user names compare without regard to case. */
export interface Directory {
  readonly tenantId: string;
  readonly accounts: readonly LocalAccount[];
  findAccount(objectIdOrName: string): LocalAccount | undefined;
  findServicePrincipal(objectId: string): LocalServicePrincipal | undefined;
  findGroup(objectId: string): LocalGroup | undefined;
  findApplication(clientId: string): LocalApplication | undefined;
  /** The API that a scope or a bare resource names: by identifier URI or client id. */
  findApi(resource: string): LocalApplication | undefined;
  /** Object ids of all groups that hold this object, directly or through groups; cycles are harmless. */
  groupsOf(objectId: string): readonly string[];
  /** Origins of the registered single-page applications: who may call the token endpoint from a browser. */
  spaOrigins(): ReadonlySet<string>;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export function createDirectory(content: DirectoryContent): Directory {
  const { tenantId, accounts, applications, groups = [], servicePrincipals = [] } = content;
  const findAccount = (key: string) =>
    accounts.find((account) => same(account.objectId, key) || same(account.userPrincipalName, key));
  const findServicePrincipal = (id: string) => servicePrincipals.find((entry) => same(entry.objectId, id));
  const findGroup = (id: string) => groups.find((group) => same(group.objectId, id));
  return {
    tenantId,
    accounts,
    findAccount,
    findServicePrincipal,
    findGroup,
    findApplication: (clientId) => applications.find((entry) => same(entry.clientId, clientId)),
    findApi: (resource) =>
      applications.find(
        (entry) => entry.api && (same(entry.api.identifierUri, resource) || same(entry.clientId, resource)),
      ),
    groupsOf(objectId) {
      const start = findAccount(objectId) ?? findServicePrincipal(objectId) ?? findGroup(objectId);
      const found = new Set<string>();
      const waiting = [...(start?.memberOf ?? [])];
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (found.has(id)) continue;
        found.add(id);
        waiting.push(...(findGroup(id)?.memberOf ?? []));
      }
      return [...found];
    },
    spaOrigins: () =>
      new Set(
        applications
          .flatMap((entry) => entry.redirectUris ?? [])
          .filter(({ kind }) => kind === 'spa')
          .map(({ uri }) => new URL(uri).origin),
      ),
  };
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The registered redirect URI that this one matches, or undefined. Only loopback `public` URIs may differ, in the port. */
export function matchRedirectUri(
  application: LocalApplication,
  uri: string,
): { kind: RedirectKind; uri: string } | undefined {
  const withoutPort = (text: string): string | undefined => {
    if (!URL.canParse(text)) return undefined;
    const url = new URL(text);
    if (url.protocol !== 'http:' || !loopback.has(url.hostname)) return undefined;
    url.port = '';
    return url.href;
  };
  return application.redirectUris?.find((registered) => {
    if (registered.uri === uri) return true;
    return registered.kind === 'public' && withoutPort(uri) !== undefined
      ? withoutPort(uri) === withoutPort(registered.uri)
      : false;
  });
}
