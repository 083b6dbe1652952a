import type { MachineKind, ServiceName } from './machine.ts';

/** A role definition's permission block, as ARM has it; wildcards are allowed in all four lists. */
export interface Permissions {
  actions: readonly string[];
  notActions: readonly string[];
  dataActions: readonly string[];
  notDataActions: readonly string[];
}

export interface RoleGrant {
  roleName: string;
  /** The assignment's scope. */
  scope: string;
  permissions: readonly Permissions[];
  /** A condition that ARM attaches; we do not evaluate any, so the grant does not count. */
  condition?: string;
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
}

/** Everything that ARM knows of one caller, transitive groups included. */
export interface EffectiveRoles {
  grants: readonly RoleGrant[];
  denials: readonly DenyRule[];
}

const managementGroup = '/providers/microsoft.management/managementgroups/';

/** True when an assignment at `scope` reaches the resource: the same, or above it. */
function reaches(scope: string, resourceId: string): boolean {
  const above = scope.toLowerCase().replace(/\/$/, '');
  const below = resourceId.toLowerCase();
  return (
    above === '' || above.startsWith(managementGroup) || below === above || below.startsWith(`${above}/`)
  );
}

/** What of a caller's roles in a subscription holds at this resource. */
export const rolesAt = (roles: EffectiveRoles, resourceId: string): EffectiveRoles => ({
  grants: roles.grants.filter((grant) => reaches(grant.scope, resourceId)),
  denials: roles.denials.filter((denial) => reaches(denial.scope, resourceId)),
});

/**
 * `approve` is to say who may connect: whoever may assign roles here. `read-access` is to read who may, as in Azure.
 */
export type AccessRight = 'see' | 'install' | 'connect-wac' | 'connect-ssh' | 'approve' | 'read-access';

interface RequiredAction {
  /** A named action is given by its own name alone, never by a wildcard. */
  kind: 'action' | 'named action' | 'dataAction';
  name: string;
}

const action = (name: string): RequiredAction => ({ kind: 'action', name });
const dataAction = (name: string): RequiredAction => ({ kind: 'dataAction', name });
/** The role for local credentials has no data action: by a wildcard this would open SSH to every Owner. */
const listCredentials: RequiredAction = {
  kind: 'named action',
  name: 'Microsoft.HybridConnectivity/endpoints/listCredentials/action',
};
const writeEndpoint = action('Microsoft.HybridConnectivity/endpoints/write');
const governance = {
  approve: [[action('Microsoft.Authorization/roleAssignments/write')]],
  'read-access': [[action('Microsoft.Authorization/roleAssignments/read')]],
} as const;

/** Which actions a right needs: each inner list is one way (any of them), the outer list needs all. */
const requiredActions: Readonly<
  Record<MachineKind, Record<AccessRight, readonly (readonly RequiredAction[])[]>>
> = {
  arc: {
    ...governance,
    see: [[action('Microsoft.HybridCompute/machines/read')]],
    install: [[action('Microsoft.HybridCompute/machines/extensions/write')], [writeEndpoint]],
    'connect-wac': [[dataAction('Microsoft.HybridCompute/machines/WACLoginAsAdmin/action')]],
    'connect-ssh': [
      [
        dataAction('Microsoft.HybridCompute/machines/loginAsAdmin/action'),
        dataAction('Microsoft.HybridCompute/machines/login/action'),
        listCredentials,
      ],
    ],
  },
  'azure-vm': {
    ...governance,
    see: [[action('Microsoft.Compute/virtualMachines/read')]],
    install: [[action('Microsoft.Compute/virtualMachines/extensions/write')], [writeEndpoint]],
    'connect-wac': [[dataAction('Microsoft.Compute/virtualMachines/WACloginAsAdmin/action')]],
    'connect-ssh': [
      [
        dataAction('Microsoft.Compute/virtualMachines/loginAsAdmin/action'),
        dataAction('Microsoft.Compute/virtualMachines/login/action'),
        listCredentials,
      ],
    ],
  },
  'hci-cluster': {
    ...governance,
    see: [[action('Microsoft.AzureStackHCI/clusters/read')]],
    install: [[action('Microsoft.AzureStackHCI/clusters/arcSettings/extensions/write')], [writeEndpoint]],
    'connect-wac': [[dataAction('Microsoft.AzureStackHCI/Clusters/WACloginAsAdmin/Action')]],
    'connect-ssh': [],
  },
};

export const connectRight = (service: ServiceName): AccessRight =>
  service === 'WAC' ? 'connect-wac' : 'connect-ssh';

/** ARM matches without regard to case; `*` stands for any characters, slashes included. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const text = name.toLowerCase();
  if (parts.length === 1) return parts[0] === text;
  const [first = '', ...rest] = parts;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

const anyMatches = (patterns: readonly string[], name: string) =>
  patterns.some((pattern) => matches(pattern, name));

/** Within one permission block the not-lists subtract; blocks and assignments add up. */
function covers(permissions: readonly Permissions[], { kind, name }: RequiredAction): boolean {
  return permissions.some((block) =>
    kind === 'dataAction'
      ? anyMatches(block.dataActions, name) && !anyMatches(block.notDataActions, name)
      : anyMatches(block.actions, name) && !anyMatches(block.notActions, name),
  );
}

/** The same without wildcards in what is granted. */
const coversByName = (permissions: readonly Permissions[], required: RequiredAction): boolean =>
  permissions.some(
    (block) =>
      covers([block], required) &&
      block.actions.some((one) => one.toLowerCase() === required.name.toLowerCase()),
  );

function mayDo(roles: EffectiveRoles, required: RequiredAction): boolean {
  const gives = required.kind === 'named action' ? coversByName : covers;
  const granted = roles.grants.some(
    (grant) => grant.condition === undefined && gives(grant.permissions, required),
  );
  return granted && !roles.denials.some((denial) => covers(denial.permissions, required));
}

export type AccessDecision = { allowed: true } | { allowed: false; missingAction: string };

/**
 * Decides one right (requirements 86-95, C10). Off by default: a right that names no action for this kind of
 * machine is never given. A refusal names the first missing action.
 */
export function decideAccess(roles: EffectiveRoles, kind: MachineKind, right: AccessRight): AccessDecision {
  const needed = requiredActions[kind][right];
  const missing = needed.find((ways) => !ways.some((way) => mayDo(roles, way)));
  if (missing) return { allowed: false, missingAction: missing[0]?.name ?? right };
  return needed.length > 0 ? { allowed: true } : { allowed: false, missingAction: `${right} on ${kind}` };
}

const writeSecurityRule = action('Microsoft.Network/networkSecurityGroups/securityRules/write');

/** Whether somebody with these roles at a network security group may open a port in it. */
export const decidePortRule = (roles: EffectiveRoles): AccessDecision =>
  mayDo(roles, writeSecurityRule)
    ? { allowed: true }
    : { allowed: false, missingAction: writeSecurityRule.name };
