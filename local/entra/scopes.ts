import type { Directory } from './directory.ts';
import { EntraError } from './errors.ts';
import type { Grant } from './token-issuer.ts';

/** Microsoft's own resources that people may be given tokens for here, with the scope that `.default` means. */
const wellKnown: Readonly<Record<string, string>> = {
  'https://management.azure.com': 'user_impersonation',
  'https://graph.microsoft.com': 'User.Read',
};

/** Resources of the other stand-ins, e.g. `https://vault.localhost`. */
const isStandIn = (resource: string): boolean =>
  /^https:\/\/([a-z0-9-]+\.)+localhost(:\d+)?$/.test(resource) ||
  ['https://servicebus.azure.net', 'https://relay.azure.net', 'https://vault.azure.net'].includes(resource);

const openIdScopes = new Set(['openid', 'profile', 'email', 'offline_access']);

export interface RequestedScopes {
  wantsIdToken: boolean;
  wantsRefreshToken: boolean;
  /** The one resource of the request, or undefined when only sign-in was asked for. */
  grant: Grant | undefined;
  /** As it is given back in the token answer. */
  text: string;
}

function grantFor(directory: Directory, resource: string, names: string[]): Grant {
  const standard = wellKnown[resource];
  if (standard !== undefined || isStandIn(resource)) {
    const scopes = names.map((name) => (name === '.default' ? (standard ?? 'user_impersonation') : name));
    return { audience: resource, version: '1.0', scopes };
  }
  const api = directory.findApi(resource);
  if (!api)
    throw new EntraError(500011, `The resource principal named ${resource} was not found in the tenant.`);
  const known = api.api.oauth2PermissionScopes.filter(({ isEnabled }) => isEnabled).map(({ value }) => value);
  const unknown = names.find((name) => name !== '.default' && !known.includes(name));
  if (unknown) throw new EntraError(65001, `The scope '${unknown}' is not exposed by ${api.displayName}.`);
  // A version 2 access token names the API by its client id, whatever URI the scope was written with.
  return { audience: api.appId, version: '2.0', scopes: names.includes('.default') ? known : names };
}

/** Reads the `scope` parameter: any OpenID scopes and scopes of at most one resource (Entra's own rule). */
export function parseScopes(directory: Directory, scope: string): RequestedScopes {
  const words = scope.split(' ').filter(Boolean);
  if (!words.length) throw new EntraError(900144, "The request body must contain the parameter: 'scope'.");
  const byResource = new Map<string, string[]>();
  for (const word of words.filter((candidate) => !openIdScopes.has(candidate))) {
    const cut = word.lastIndexOf('/');
    // Entra reads a bare permission name as one of Graph.
    const resource = cut < 0 ? 'https://graph.microsoft.com' : word.slice(0, cut).replace(/\/$/, '');
    byResource.set(resource, [...(byResource.get(resource) ?? []), word.slice(cut + 1)]);
  }
  const [first, second] = [...byResource];
  if (second)
    throw new EntraError(70011, 'The scope is not valid: it names more than one resource in one request.');
  return {
    wantsIdToken: words.includes('openid'),
    wantsRefreshToken: words.includes('offline_access'),
    grant: first && grantFor(directory, first[0], first[1]),
    text: words.join(' '),
  };
}
