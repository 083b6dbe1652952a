import type { HttpReply } from '#local/kit/http-server.ts';
import { inTransaction } from '#local/kit/store.ts';
import type { TokenClaims } from '#local/kit/tokens.ts';
import { ArmError, notInStandIn } from './arm-error.ts';
import { notFound, replyWith, requireConditions, showResource, writeResource } from './generic-verbs.ts';
import { readPage, replyWithPage } from './paging.ts';
import {
  isCollection,
  parentKey,
  parseResourceId,
  type ResourceId,
  splitAction,
  typeKey,
} from './resource-id.ts';
import type { Resource } from './resource-store.ts';
import type { ProviderContext, ResourceCall, TypeRules, Verb } from './type-rules.ts';

export interface DispatchOptions {
  context: ProviderContext;
  types: ReadonlyMap<string, TypeRules>;
  /** Throws when the caller may not do the action at the scope. */
  requireMayAct(claims: TokenClaims, action: string, scope: string): void;
  /** Throws when a management lock stops the change. */
  requireUnlocked(id: ResourceId, change: 'write' | 'delete' | 'action'): void;
  /** Throws when the namespace is not registered in the subscription. */
  requireRegistered(namespace: string): void;
  /** The version of the call; throws as ARM does when it is missing or not one of these. */
  requireVersion(call: Omit<ResourceCall, 'id'>, rules: TypeRules): void;
}

const permissions: Readonly<Record<Verb, string>> = {
  GET: 'read',
  LIST: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
};

/** Requests for resources: finds the type's rules, checks what holds for all types, and does the verb. */
export function createDispatch(options: DispatchOptions) {
  const { context, types, requireMayAct, requireUnlocked, requireRegistered, requireVersion } = options;
  const { resources, database } = context;
  const namespaces = new Set([...types.keys()].map((type) => type.split('/')[0] ?? ''));

  const requireRules = (id: ResourceId): TypeRules => {
    const rules = types.get(typeKey(id));
    if (rules) return rules;
    if (!namespaces.has(id.namespace.toLowerCase()))
      throw new ArmError(
        404,
        'InvalidResourceNamespace',
        `The resource namespace '${id.namespace}' is invalid: the local resource manager does not have it.`,
      );
    throw new ArmError(
      400,
      'InvalidResourceType',
      `The resource type '${id.types.join('/')}' could not be found in the namespace '${id.namespace}': the local resource manager does not have it.`,
    );
  };

  /** The group, parent or target that a path presupposes. */
  const requireContainers = (id: ResourceId, rules: TypeRules) => {
    if (!rules.isExtension && id.subscriptionId === undefined)
      throw new ArmError(404, 'MissingSubscription', 'The request did not have a subscription.');
    if (!rules.isExtension && id.resourceGroup === undefined && !isCollection(id))
      throw new ArmError(404, 'MissingResourceGroup', 'The request did not have a resource group.');
    const group = id.resourceGroup;
    const groupKey = `/subscriptions/${id.subscriptionId}/resourcegroups/${group?.toLowerCase()}`;
    if (group !== undefined && groupKey !== id.key && !resources.get(groupKey))
      throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
    const isOnResource = id.scope.toLowerCase().includes('/providers/');
    if (rules.isExtension && isOnResource && !resources.get(id.scope) && !/managementgroups/i.test(id.scope))
      throw new ArmError(404, 'ResourceNotFound', `The Resource '${id.scope}' was not found.`);
    const parent = parentKey(id);
    if (parent !== undefined && !resources.get(parent))
      throw new ArmError(
        404,
        'ParentResourceNotFound',
        `Can not perform requested operation on nested resource. Parent resource '${parent.split('/').at(-1)}' not found.`,
      );
  };

  const prepare = (call: Omit<ResourceCall, 'id'>, id: ResourceId, action: (rules: TypeRules) => string) => {
    const rules = requireRules(id);
    const resourceCall = { ...call, id };
    requireVersion(call, rules);
    requireMayAct(call.claims, `${rules.type}/${action(rules)}`, id.id);
    requireRegistered(id.namespace);
    return { rules, call: resourceCall };
  };

  const list = (call: ResourceCall, rules: TypeRules): HttpReply => {
    if (rules.list) return rules.list(call);
    const page = readPage(call.query);
    const scope = parentKey(call.id) ?? call.id.scope;
    const found = resources.list(rules.type, scope, { ...page, limit: page.limit + 1 });
    return replyWithPage(call, context.origin(), found, page, (resource) => showResource(rules, resource));
  };

  const remove = (call: ResourceCall, rules: TypeRules, existing: Resource | undefined): HttpReply => {
    if (rules.remove) return rules.remove(call, existing);
    if (!existing) return { status: 204 };
    rules.requireDeletable?.(existing);
    for (const removed of resources.remove(existing.key)) types.get(removed.type)?.onDeleted?.(removed);
    return { status: 200 };
  };

  const verbs: Record<Verb, (call: ResourceCall, rules: TypeRules) => HttpReply> = {
    LIST: list,
    GET(call, rules) {
      if (rules.get) return rules.get(call);
      const existing = resources.get(call.id.key);
      if (!existing) throw notFound(call, rules);
      return replyWith(rules, 200, existing);
    },
    PUT(call, rules) {
      const existing = resources.get(call.id.key);
      requireConditions(call, rules, existing);
      return rules.put ? rules.put(call, existing) : writeResource(call, rules, resources, existing);
    },
    PATCH(call, rules) {
      const existing = resources.get(call.id.key);
      if (!existing) throw notFound(call, rules);
      requireConditions(call, rules, existing);
      return rules.put ? rules.put(call, existing) : writeResource(call, rules, resources, existing);
    },
    DELETE(call, rules) {
      const existing = resources.get(call.id.key);
      requireConditions(call, rules, existing);
      return remove(call, rules, existing);
    },
  };

  const act = (call: Omit<ResourceCall, 'id'>, id: ResourceId): HttpReply => {
    const { resource: target, action } = splitAction(id);
    const prepared = prepare(call, target, () => `${action}/action`);
    const handler = prepared.rules.actions?.[action.toLowerCase()];
    if (!handler) throw notInStandIn(`action '${action}' on ${prepared.rules.type}`);
    requireUnlocked(target, 'action');
    requireContainers(target, prepared.rules);
    const resource = resources.get(target.key);
    if (!resource) throw notFound(prepared.call, prepared.rules);
    return handler(prepared.call, resource);
  };

  return (call: Omit<ResourceCall, 'id'>): HttpReply => {
    const { method, url } = call.request;
    const id = parseResourceId(url.pathname);
    if (method === 'POST') {
      if (!isCollection(id)) throw notInStandIn(`POST on ${id.id}`);
      return inTransaction(database, () => act(call, id));
    }
    const verb: string = method === 'GET' && isCollection(id) ? 'LIST' : method;
    if (!(verb in verbs) || (isCollection(id) && verb !== 'LIST'))
      throw new ArmError(405, 'MethodNotAllowed', `The method ${method} is not allowed on '${id.id}'.`);
    const known = verb as Verb;
    const prepared = prepare(call, id, () => permissions[known]);
    if (!prepared.rules.verbs.includes(known)) throw notInStandIn(`${known} of ${prepared.rules.type}`);
    return inTransaction(database, () => {
      if (known === 'DELETE') requireUnlocked(id, 'delete');
      else if (known === 'PUT' || known === 'PATCH') requireUnlocked(id, 'write');
      if (known !== 'GET') requireContainers(id, prepared.rules);
      return verbs[known](prepared.call, prepared.rules);
    });
  };
}
