import type { RoleGrant } from './access.ts';

/** A role that counts once its principal has activated it (PIM). */
export interface EligibleRole extends RoleGrant {
  /** ISO 8601: he may activate it until then. */
  endsAt?: string;
  /** Resource id of the schedule that an activation names. */
  scheduleId?: string;
}

/** An assignment that ends by itself. */
export interface EndingRole {
  principalId: string;
  roleDefinitionId: string;
  scope: string;
  /** ISO 8601. */
  endsAt: string;
}

/** Roles by time, as Azure's Privileged Identity Management has them. */
export interface RoleSchedules {
  eligible: readonly EligibleRole[];
  ending: readonly EndingRole[];
}

/** The same role is written with and without the subscription before it. */
const roleGuid = (roleDefinitionId: string): string => roleDefinitionId.toLowerCase().split('/').at(-1) ?? '';
const bare = (scope: string): string => scope.toLowerCase().replace(/\/$/, '');

/** Azure has one assignment of a role to a principal at a scope. */
export function endOf(grant: RoleGrant, ending: readonly EndingRole[]): string | undefined {
  const { principal, roleDefinitionId, scope } = grant;
  if (!principal || roleDefinitionId === undefined) return undefined;
  return ending.find(
    (one) =>
      one.principalId.toLowerCase() === principal.id.toLowerCase() &&
      roleGuid(one.roleDefinitionId) === roleGuid(roleDefinitionId) &&
      bare(one.scope) === bare(scope),
  )?.endsAt;
}
