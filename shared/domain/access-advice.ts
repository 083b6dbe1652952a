import type { AccessRight } from './access.ts';
import { requiredActions } from './access-actions.ts';
import type { ExplainedAccess } from './access-explained.ts';
import type { MachineKind } from './machine.ts';
import type { EligibleRole } from './role-schedule.ts';
import { shellLine } from './shell-word.ts';

/** What mends something: a sentence, and lines to paste into a POSIX shell. */
export interface Mend {
  sentence: string;
  commands: string[];
}

export interface AdvisedPrincipal {
  /** Object id. */
  id: string;
  kind: 'user' | 'group' | 'application' | 'unknown';
}

export interface AdviceContext {
  machine: { resourceId: string; kind: MachineKind };
  principal: AdvisedPrincipal;
  /** A GUID that no request had yet: an activation is named by it. */
  requestId: string;
  /** An approved lease gives the role for its time. */
  leasesGiveRoles?: boolean;
}

/** The built-in role that gives a right and as little else as Azure's own roles allow; it is assigned on the machine alone. */
const roleFor: Readonly<Record<AccessRight, string>> = {
  see: 'Reader',
  // The roles of the machine providers do not write the endpoint.
  install: 'Contributor',
  'connect-wac': 'Windows Admin Center Administrator Login',
  'connect-ssh': 'Virtual Machine User Login',
  approve: 'Role Based Access Control Administrator',
  'read-access': 'Reader',
};

/** As Azure calls them. Without a kind the command line asks the directory itself. */
const principalTypes: Readonly<Record<AdvisedPrincipal['kind'], string | undefined>> = {
  user: 'User',
  group: 'Group',
  application: 'ServicePrincipal',
  unknown: undefined,
};

function assign({ principal, machine }: AdviceContext, role: string): string {
  return shellLine('az role assignment create', {
    'assignee-object-id': principal.id,
    'assignee-principal-type': principalTypes[principal.kind],
    role,
    scope: machine.resourceId,
  });
}

/** "Role Assignment Schedule Requests - Create" of the Authorization REST reference, on this machine alone. */
function activate({ principal, machine, requestId }: AdviceContext, role: EligibleRole): string {
  const properties = {
    principalId: principal.id,
    roleDefinitionId: role.roleDefinitionId,
    requestType: 'SelfActivate',
    linkedRoleEligibilityScheduleId: role.scheduleId?.split('/').at(-1),
    justification: 'access to the machine',
    scheduleInfo: { expiration: { type: 'AfterDuration', duration: 'PT1H' } },
  };
  const request = `providers/Microsoft.Authorization/roleAssignmentScheduleRequests/${requestId}`;
  return shellLine('az rest', {
    method: 'put',
    url: `${machine.resourceId}/${request}?api-version=2020-10-01`,
    body: JSON.stringify({ properties }),
  });
}

const isHere = (scope: string, resourceId: string): boolean =>
  scope.toLowerCase().replace(/\/$/, '') === resourceId.toLowerCase();

function mendEligible(context: AdviceContext, role: EligibleRole): Mend {
  const sentence = `${role.roleName} is assigned as eligible: it counts once it was activated in Privileged Identity Management`;
  const isPerson = context.principal.kind === 'user' || context.principal.kind === 'unknown';
  return isPerson
    ? { sentence: `${sentence}, by himself.`, commands: [activate(context, role)] }
    : { sentence: `${sentence}, by each member for himself.`, commands: [] };
}

/** A role has one assignment to one principal at one scope: the one with the condition has to go first. */
function withoutCondition(explained: ExplainedAccess, { machine, principal }: AdviceContext): string[] {
  return explained.passedOver
    .filter(({ why, grant }) => why === 'condition' && isHere(grant.scope, machine.resourceId))
    .filter(({ grant }) => grant.principal?.id.toLowerCase() === principal.id.toLowerCase())
    .flatMap(({ grant }) => grant.assignmentId ?? [])
    .map((id) => shellLine('az role assignment delete', { ids: id }));
}

/** What gives somebody a right that he does not have; undefined for one that he has. `eligible`: what of it he could activate. */
export function mendRight(
  explained: ExplainedAccess,
  eligible: readonly EligibleRole[],
  context: AdviceContext,
): Mend | undefined {
  if (explained.allowed) return undefined;
  const { right } = explained;
  if (requiredActions[context.machine.kind][right].length === 0)
    return { sentence: 'No role gives this on a machine of this kind.', commands: [] };
  const [denial] = explained.denials;
  if (denial)
    return {
      sentence: `The deny assignment ${denial.name ?? denial.assignmentId ?? ''} takes it away, whatever is assigned: whoever made it has to change it.`,
      commands: [],
    };
  const [role] = eligible;
  if (role) return mendEligible(context, role);
  const name = roleFor[right];
  const isConditional = explained.passedOver.some(({ why }) => why === 'condition');
  const isLent = context.leasesGiveRoles === true && right.startsWith('connect-');
  const wish = isConditional
    ? `Assign ${name} on the machine without a condition`
    : `Assign ${name} on the machine${right === 'connect-ssh' ? ', or Virtual Machine Administrator Login for an administrator' : ''}`;
  return {
    sentence: isLent ? `${wish}; or request a lease, which gives it for a time.` : `${wish}.`,
    commands: [...withoutCondition(explained, context), assign(context, name)],
  };
}
