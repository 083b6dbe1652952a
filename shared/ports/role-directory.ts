import type { RoleGrant } from '#shared/domain/access.ts';
import type { RoleSchedules } from '#shared/domain/role-schedule.ts';

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
  schedulesAt(resourceId: string, principalId?: string): Promise<RoleSchedules>;
}
