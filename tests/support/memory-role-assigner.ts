import type { RoleAssigner, RoleAssignment } from '#shared/ports/role-assigner.ts';

const scopeOf = (id: string): string =>
  id.toLowerCase().split('/providers/microsoft.authorization/')[0] ?? '';

/** Role assignments in memory, by id. */
export function createMemoryRoleAssigner() {
  const assignments = new Map<string, RoleAssignment>();
  const isSame = (one: RoleAssignment, other: RoleAssignment) =>
    scopeOf(one.id) === scopeOf(other.id) &&
    one.principalId.toLowerCase() === other.principalId.toLowerCase() &&
    one.roleDefinitionId.toLowerCase() === other.roleDefinitionId.toLowerCase();
  return {
    assignments,
    async assign(assignment: RoleAssignment) {
      const key = assignment.id.toLowerCase();
      const others = [...assignments].filter(([id]) => id !== key).map(([, one]) => one);
      if (others.some((one) => isSame(one, assignment))) return { isOurs: false };
      assignments.set(key, assignment);
      return { isOurs: true };
    },
    async remove(assignmentId: string) {
      assignments.delete(assignmentId.toLowerCase());
    },
  } satisfies RoleAssigner & Record<string, unknown>;
}
