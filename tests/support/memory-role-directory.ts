import type { EffectiveRoles, RoleGrant } from '#shared/domain/access.ts';
import type { RoleSchedules } from '#shared/domain/role-schedule.ts';
import type { AskedPrincipal, RoleDirectory } from '#shared/ports/role-directory.ts';

/** What the tests put here is at every machine; principals ask in any case. */
export function createMemoryRoleDirectory() {
  const assignments: RoleGrant[] = [];
  const schedules: {
    eligible: RoleSchedules['eligible'][number][];
    ending: RoleSchedules['ending'][number][];
  } = { eligible: [], ending: [] };
  const isOf = (id: string | undefined, principalId: string | undefined) =>
    principalId === undefined || id?.toLowerCase() === principalId.toLowerCase();
  return {
    assignments,
    schedules,
    async groupRolesIn(groupId: string): Promise<EffectiveRoles> {
      return { grants: assignments.filter(({ principal }) => isOf(principal?.id, groupId)), denials: [] };
    },
    async assignmentsAt() {
      return [...assignments];
    },
    async schedulesAt(_: string, principal?: AskedPrincipal) {
      const principalId = principal?.id;
      return {
        eligible: schedules.eligible.filter(({ principal }) => isOf(principal?.id, principalId)),
        ending: schedules.ending.filter((one) => isOf(one.principalId, principalId)),
      };
    },
  } satisfies RoleDirectory & Record<string, unknown>;
}
