/** A role at a scope, under a name of our own choice. */
export interface RoleAssignment {
  /** `<scope>/providers/Microsoft.Authorization/roleAssignments/<GUID>`. */
  id: string;
  roleDefinitionId: string;
  /** Object id. */
  principalId: string;
  /** For whoever reads it in Azure. */
  description: string;
}

/**
 * Gives a role in Azure and takes it back. `resource_manager_unavailable` when ARM does not answer, and
 * `resource_manager_refused` when this app may not.
 */
export interface RoleAssigner {
  /**
   * The same again is harmless. False where somebody else has given the same role at the same scope under another name:
   * nothing was written, and there is nothing to take back.
   */
  assign(assignment: RoleAssignment): Promise<{ isOurs: boolean }>;
  /** Gone already is success. */
  remove(assignmentId: string): Promise<void>;
}
