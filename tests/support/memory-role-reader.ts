import type { KnownRoles } from '#functions/remembered-roles.ts';
import type { EffectiveRoles } from '#shared/domain/access.ts';

/** Roles by object id; whoever is not in it holds none. Nothing is kept, so nothing has to be forgotten. */
export function createMemoryRoleReader() {
  const held = new Map<string, EffectiveRoles>();
  /** Whom something of ours made forget, in order; undefined is everybody. */
  const forgotten: (string | undefined)[] = [];
  return {
    held,
    forgotten,
    async rolesIn(principalId: string) {
      return held.get(principalId) ?? { grants: [], denials: [] };
    },
    forget: (principalId?: string) => void forgotten.push(principalId),
  } satisfies KnownRoles & Record<string, unknown>;
}
