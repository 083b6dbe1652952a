import type { EffectiveRoles } from '#shared/domain/access.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';

/** Roles by object id; whoever is not in it holds none. */
export function createMemoryRoleReader() {
  const held = new Map<string, EffectiveRoles>();
  return {
    held,
    async rolesIn(principalId: string) {
      return held.get(principalId) ?? { grants: [], denials: [] };
    },
  } satisfies RoleReader & Record<string, unknown>;
}
