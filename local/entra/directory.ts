import type { Application, DirectoryObjects, ServicePrincipal } from './objects.ts';

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

/** Members of both kinds may be assigned to it: people and programs. */
export interface LocalAppRole {
  value: string;
  displayName: string;
}

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
    /** App roles: what a token says in `roles` of those that they are assigned to. */
    roles?: readonly LocalAppRole[];
  };
  /** Client secrets, for programs without a person. */
  secrets?: readonly string[];
  /** Certificates (base64 DER) whose keys may sign client assertions. */
  certificates?: readonly string[];
}

export interface LocalGroup {
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
  /** App roles of the APIs here, Microsoft Graph's permissions among them, and who has them. */
  appRoleAssignments?: readonly { principalId: string; appId: string; role: string }[];
}

/** Read access to the tenant as it is now. Object ids and user names compare without regard to case. */
export interface Directory {
  readonly tenantId: string;
  readonly accounts: readonly LocalAccount[];
  readonly groups: readonly LocalGroup[];
  readonly objects: DirectoryObjects;
  findAccount(objectIdOrName: string): LocalAccount | undefined;
  findServicePrincipal(objectId: string): ServicePrincipal | undefined;
  /** The service principal of an application in this tenant. */
  principalOf(appId: string): ServicePrincipal | undefined;
  findGroup(objectId: string): LocalGroup | undefined;
  findApplication(clientId: string): Application | undefined;
  /** The API that a scope or a bare resource names: by identifier URI or client id. */
  findApi(resource: string): Application | undefined;
  /** Object ids of all groups that hold this object, directly or through groups; cycles are harmless. */
  groupsOf(objectId: string): readonly string[];
  /** Origins of the registered single-page applications: who may call the token endpoint from a browser. */
  spaOrigins(): ReadonlySet<string>;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export function createDirectory(content: DirectoryContent, objects: DirectoryObjects): Directory {
  const { tenantId, accounts, groups = [] } = content;
  const applications = () => objects.list('application');
  const findAccount = (key: string) =>
    accounts.find((account) => same(account.objectId, key) || same(account.userPrincipalName, key));
  const findServicePrincipal = (id: string) => objects.find('servicePrincipal', id);
  const findGroup = (id: string) => groups.find((group) => same(group.objectId, id));
  return {
    tenantId,
    accounts,
    groups,
    objects,
    findAccount,
    findServicePrincipal,
    principalOf: (appId) => objects.list('servicePrincipal').find((entry) => same(entry.appId, appId)),
    findGroup,
    findApplication: (clientId) => applications().find((entry) => same(entry.appId, clientId)),
    findApi: (resource) =>
      applications().find(
        (entry) =>
          entry.identifierUris.some((uri) => same(uri, resource)) ||
          (entry.identifierUris.length > 0 && same(entry.appId, resource)),
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
        applications()
          .flatMap(({ spa }) => spa.redirectUris)
          .filter((uri) => URL.canParse(uri))
          .map((uri) => new URL(uri).origin),
      ),
  };
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

const withoutPort = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' || !loopback.has(url.hostname)) return undefined;
  url.port = '';
  return url.href;
};

/** How this redirect URI is registered, or undefined. Only loopback `public` URIs may differ, in the port. */
export function matchRedirectUri(application: Application, uri: string): RedirectKind | undefined {
  const { spa, web, publicClient } = application;
  if (spa.redirectUris.includes(uri)) return 'spa';
  if (web.redirectUris.includes(uri)) return 'web';
  const bare = withoutPort(uri);
  const fits = (registered: string) =>
    registered === uri || (bare !== undefined && bare === withoutPort(registered));
  return publicClient.redirectUris.some(fits) ? 'public' : undefined;
}
