import { requiredActions, sshActions, sshLevels, writeSecurityRule } from './access-actions.ts';
import { giversOf } from './access-matching.ts';
import { normalised, reachOf } from './access-scopes.ts';
import type { MachineKind, ServiceName } from './machine.ts';
import type { SshLevel } from './session.ts';

/** A role definition's permission block, as ARM has it; wildcards are allowed in all four lists. */
export interface Permissions {
  actions: readonly string[];
  notActions: readonly string[];
  dataActions: readonly string[];
  notDataActions: readonly string[];
  /** Some of Azure's own roles have a condition here, which holds for every assignment of them. */
  condition?: string;
  conditionVersion?: string;
}

export interface RoleGrant {
  roleName: string;
  /** The assignment's scope. */
  scope: string;
  permissions: readonly Permissions[];
  /** A condition that ARM attaches; the grant counts for an action where it is certainly met. */
  condition?: string;
  /** `2.0` is the one that is understood, and meant where none is named. */
  conditionVersion?: string;
  /** Resource id of the assignment, and of its role definition. */
  assignmentId?: string;
  roleDefinitionId?: string;
  /** To whom it was assigned: the caller, or a group that he is in. */
  principal?: { id: string; kind: string };
}

export interface DenyRule {
  scope: string;
  permissions: readonly Permissions[];
  /** Resource id and name of the deny assignment. */
  assignmentId?: string;
  name?: string;
  /** It stops at its own scope and does not go down from there. */
  ownScopeOnly?: boolean;
  /**
   * Ids of groups that it does not apply to. Whether the caller is in one of them is not known, so it applies to him.
   */
  excludedGroups?: readonly string[];
}

/** Everything that ARM knows of one caller, transitive groups included. */
export interface EffectiveRoles {
  grants: readonly RoleGrant[];
  denials: readonly DenyRule[];
  /** When it was asked for, in milliseconds since the epoch; absent where nobody noted it. */
  readAt?: number;
}

/** What of a caller's roles in a subscription holds at this resource, in the same order. */
export function rolesAt(roles: EffectiveRoles, resourceId: string): EffectiveRoles {
  const here = normalised(resourceId);
  const { grants, denials } = reachOf(roles);
  return {
    ...roles,
    grants: grants(here),
    denials: denials(here).filter(({ scope, ownScopeOnly }) => !ownScopeOnly || normalised(scope) === here),
  };
}

/**
 * `approve` is to say who may connect: whoever may assign roles here. `read-access` is to read who may, as in Azure.
 */
export const accessRights = [
  'see',
  'install',
  'connect-wac',
  'connect-ssh',
  'approve',
  'read-access',
] as const;
export type AccessRight = (typeof accessRights)[number];

export const connectRight = (service: ServiceName): AccessRight =>
  service === 'WAC' ? 'connect-wac' : 'connect-ssh';

/** `grantedBy`: ids of every assignment that gives a part of it. */
export type AccessDecision =
  | { allowed: true; grantedBy: readonly string[] }
  | { allowed: false; missingAction: string };

const allowedBy = (grants: readonly RoleGrant[]): AccessDecision => ({
  allowed: true,
  grantedBy: [...new Set(grants.flatMap(({ assignmentId }) => assignmentId ?? []))],
});

/**
 * Decides one right (requirements 86-95, C10). Off by default: a right that names no action for this kind of
 * machine is never given. A refusal names the first missing action.
 */
export function decideAccess(roles: EffectiveRoles, kind: MachineKind, right: AccessRight): AccessDecision {
  const needed = requiredActions[kind][right];
  const given = needed.map((ways) => ways.flatMap((way) => giversOf(roles, way)));
  const missing = given.findIndex((grants) => grants.length === 0);
  if (missing >= 0) return { allowed: false, missingAction: needed[missing]?.[0]?.name ?? right };
  if (needed.length === 0) return { allowed: false, missingAction: `${right} on ${kind}` };
  return allowedBy(given.flat());
}

/** Who the caller would be in an SSH session (requirements 91-93): the most that his roles make him, or nobody. */
export function sshLevel(roles: EffectiveRoles, kind: MachineKind): SshLevel | undefined {
  const actions = sshActions[kind];
  return actions && sshLevels.find((level) => giversOf(roles, actions[level]).length > 0);
}

/** Whether somebody with these roles at a network security group may open a port in it. */
export function decidePortRule(roles: EffectiveRoles): AccessDecision {
  const grants = giversOf(roles, writeSecurityRule);
  return grants.length > 0 ? allowedBy(grants) : { allowed: false, missingAction: writeSecurityRule.name };
}
