import type { RoleGrant } from '#shared/domain/access.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { createDenials, type Denials } from './arm-role-denials.ts';
import { createRoleGrants } from './arm-role-grants.ts';

const mostSubscriptions = 1000;

/** ARM says which groups somebody is in by listing their assignments among his. */
const groupsIn = (grants: readonly RoleGrant[], principalId: string): string[] =>
  grants
    .flatMap(({ principal }) => principal?.id ?? [])
    .filter((id) => id.toLowerCase() !== principalId.toLowerCase());

/**
 * A reading takes the time of one round trip: assignments, denials and custom roles are asked for at the same time.
 * Only role definitions that were never seen before cost a second one.
 */
export function createArmRoleReader({
  arm,
  now = Date.now,
}: {
  arm: ArmClient;
  now?: () => number;
}): RoleReader {
  const roleGrants = createRoleGrants(arm, now);
  const subscriptions = new Map<string, Denials>();

  const denialsIn = (path: string): Denials => {
    const known = subscriptions.get(path) ?? createDenials(arm, path, now);
    if (!subscriptions.has(path) && subscriptions.size >= mostSubscriptions) subscriptions.clear();
    subscriptions.set(path, known);
    return known;
  };

  return {
    async rolesIn(principalId, subscriptionId) {
      const path = `/subscriptions/${subscriptionId.toLowerCase()}/providers/Microsoft.Authorization`;
      const filter = `assignedTo('${principalId.replaceAll("'", "''")}')`;
      const listed = roleGrants.list(path, { $filter: filter });
      const groups = listed.then((grants) => groupsIn(grants, principalId));
      const [grants, denials] = await Promise.all([
        listed,
        denialsIn(path).read(principalId, filter, groups),
      ]);
      return { grants, denials };
    },
  };
}
