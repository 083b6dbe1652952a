import type { HttpRequest } from '#local/kit/http-server.ts';
import { isCollection, parseResourceId, splitAction, typeKey } from './resource-id.ts';
import type { Route, TypeRules } from './type-rules.ts';

/** What a request for a resource is called, for counting and for faults: `PUT Microsoft.Network/dnsZones/TXT`. */
export function nameOperation(request: HttpRequest, types: ReadonlyMap<string, TypeRules>): string {
  try {
    const id = parseResourceId(request.url.pathname);
    const isAction = request.method === 'POST' && isCollection(id);
    const { resource, action } = isAction ? splitAction(id) : { resource: id, action: '' };
    const verb = request.method === 'GET' && isCollection(id) ? 'LIST' : request.method;
    const rules = types.get(typeKey(resource));
    if (!rules) return 'unknown';
    if (!isAction) return `${verb} ${rules.type}`;
    return `POST ${rules.type} ${rules.actions && action.toLowerCase() in rules.actions ? action.toLowerCase() : 'unknown'}`;
  } catch {
    return 'malformed';
  }
}

const verbs: Readonly<Record<string, string>> = { PUT: 'write', PATCH: 'write', DELETE: 'delete' };

/** The permission that a change needs, as the activity log names it: `Microsoft.Network/dnsZones/TXT/write`. */
export function permissionOf(request: HttpRequest, types: ReadonlyMap<string, TypeRules>): string {
  try {
    const id = parseResourceId(request.url.pathname);
    if (request.method !== 'POST')
      return `${types.get(typeKey(id))?.type ?? id.namespace}/${verbs[request.method] ?? 'action'}`;
    const { resource, action } = splitAction(id);
    return `${types.get(typeKey(resource))?.type ?? id.namespace}/${action}/action`;
  } catch {
    return 'Microsoft.Resources/unknown/action';
  }
}

export const operationNames = (types: Iterable<TypeRules>, routes: readonly Route[]): string[] => [
  ...new Set([
    ...routes.map(({ name }) => name),
    ...[...types].flatMap(({ type, verbs, actions = {} }) => [
      ...verbs.map((verb) => `${verb} ${type}`),
      ...Object.keys(actions).map((action) => `POST ${type} ${action}`),
    ]),
  ]),
];
