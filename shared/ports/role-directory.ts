import type { EffectiveRoles, RoleGrant } from '#shared/domain/access.ts';
import type { RoleSchedules } from '#shared/domain/role-schedule.ts';

/** Object id; of a group what is assigned to itself is asked for. */
export interface AskedPrincipal {
  id: string;
  isGroup: boolean;
}

/**
 * Who holds which role at a machine, asked by the app's own identity, for people to read: nothing is decided by it. Errors as
 * `RoleReader`.
 */
export interface RoleDirectory {
  /** Every assignment at the machine or above it, whoever holds it. */
  assignmentsAt(resourceId: string): Promise<RoleGrant[]>;
  /**
   * What of it is by time, at the machine or above it: of one principal and his groups, or of everybody. Empty where the
   * tenant has no Privileged Identity Management.
   */
  schedulesAt(resourceId: string, principal?: AskedPrincipal): Promise<RoleSchedules>;
  /**
   * What is assigned to a group itself at, above and below the subscription, not what it has by being in another: Azure
   * Resource Manager resolves groups of users and service principals alone.
   */
  groupRolesIn(groupId: string, subscriptionId: string): Promise<EffectiveRoles>;
}
