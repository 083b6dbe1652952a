import type { DenyRule, EffectiveRoles, RoleGrant } from './access.ts';

const managementGroup = '/providers/microsoft.management/managementgroups/';

export const normalised = (id: string): string => id.toLowerCase().replace(/\/$/, '');

/** The id itself and everything above it, down to the subscription: each is the one before without its last segment. */
function* upwards(id: string): Generator<string> {
  for (let end = id.length; end > 0; end = id.lastIndexOf('/', end - 1)) yield id.slice(0, end);
}

type Find<T> = (resourceId: string) => T[];

/**
 * Finds what reaches a resource: at its own scope or above it. Of the management groups ARM shows only those above the
 * subscription, so one that is there reaches all of it.
 */
function indexByScope<T extends { scope: string }>(all: readonly T[]): Find<T> {
  const keyOf = (at: number): string => {
    const scope = normalised(all[at]?.scope ?? '');
    return scope.startsWith(managementGroup) ? '' : scope;
  };
  const places = Map.groupBy(all.keys(), keyOf);
  const root = places.get('') ?? [];
  return (resourceId) => {
    const found = [...upwards(resourceId)].flatMap((scope) => places.get(scope) ?? []);
    return [...root, ...found].sort((a, b) => a - b).flatMap((at) => all[at] ?? []);
  };
}

interface Reach {
  grants: Find<RoleGrant>;
  denials: Find<DenyRule>;
}

/** A list of thousands of machines asks the same roles for each of them. */
const reaches = new WeakMap<EffectiveRoles, Reach>();

/** What of these roles reaches a resource, in the order in which they are; the id is normalised. */
export function reachOf(roles: EffectiveRoles): Reach {
  const known = reaches.get(roles);
  if (known) return known;
  const reach = { grants: indexByScope(roles.grants), denials: indexByScope(roles.denials) };
  reaches.set(roles, reach);
  return reach;
}
