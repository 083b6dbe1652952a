import { describe, expect, it } from 'vitest';
import { builtInRoles } from '#local/resource-manager/providers/built-in-roles.ts';
import {
  type AccessRight,
  decideAccess,
  type EffectiveRoles,
  type RoleGrant,
} from '#shared/domain/access.ts';
import { type AdviceContext, mendRight } from '#shared/domain/access-advice.ts';
import { explain } from '#shared/domain/access-explained.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import type { EligibleRole } from '#shared/domain/role-schedule.ts';
import { allOf } from '../../support/combinations.ts';
import { shellWords } from '../../support/shell-words.ts';

const person = '00000000-0000-4000-8000-0000000000c1';
const requestId = '00000000-0000-4000-8000-0000000000e1';
const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/it is $(here)';
const resourceId = `${group}/providers/Microsoft.HybridCompute/machines/web-01`;
const contextOf = (kind: MachineKind, principalKind: AdviceContext['principal']['kind'] = 'user') => ({
  machine: { resourceId, kind },
  principal: { id: person, kind: principalKind },
  requestId,
});
const everything = allOf({
  kind: ['arc', 'azure-vm', 'hci-cluster'],
  right: ['see', 'install', 'connect-wac', 'connect-ssh', 'approve', 'read-access'],
});
const nothing: EffectiveRoles = { grants: [], denials: [] };

function grantOf(roleName: string, changes: Partial<RoleGrant> = {}): RoleGrant {
  const role = builtInRoles.find((one) => one.roleName === roleName);
  if (!role) throw new Error(`there is no built-in role ${roleName}`);
  const { actions, notActions = [], dataActions = [] } = role;
  return {
    roleName,
    scope: resourceId,
    permissions: [{ actions, notActions, dataActions, notDataActions: [] }],
    principal: { id: person, kind: 'User' },
    ...changes,
  };
}
const mend = (
  roles: EffectiveRoles,
  right: AccessRight,
  context: AdviceContext = contextOf('arc'),
  eligible: readonly EligibleRole[] = [],
) => mendRight(explain(roles, context.machine.kind, right), eligible, context);
/** Options of a command by name. */
function optionsOf(line: string | undefined): { command: string; options: Record<string, string> } {
  const words = shellWords(line ?? '');
  const at = words.findIndex((word) => word.startsWith('--'));
  const pairs = words
    .slice(at)
    .flatMap((word, index, all) => (index % 2 === 0 ? [[word, all[index + 1] ?? '']] : []));
  return {
    command: words.slice(0, at).join(' '),
    options: Object.fromEntries(pairs) as Record<string, string>,
  };
}

describe('what gives a right', () => {
  it.each(everything)('$right on $kind is the right itself, once the command was run', ({ kind, right }) => {
    const advice = mend(nothing, right, contextOf(kind));
    const [line] = advice?.commands ?? [];
    const { command, options } = optionsOf(line);
    const roleName = options['--role'];
    const roles = { ...nothing, grants: roleName === undefined ? [] : [grantOf(roleName)] };
    const isOffered = !(kind === 'hci-cluster' && right === 'connect-ssh');
    expect(decideAccess(roles, kind, right).allowed).toBe(isOffered);
    expect([command, options]).toEqual(
      isOffered
        ? [
            'az role assignment create',
            {
              '--assignee-object-id': person,
              '--assignee-principal-type': 'User',
              '--role': roleName,
              '--scope': resourceId,
            },
          ]
        : ['', {}],
    );
    expect(mend(roles, right, contextOf(kind)) === undefined).toBe(isOffered);
  });

  it.each([
    ['user', 'User'],
    ['group', 'Group'],
    ['application', 'ServicePrincipal'],
    ['unknown', undefined],
  ] as const)('is assigned to a %s as %s', (kind, type) => {
    const [line] = mend(nothing, 'see', contextOf('arc', kind))?.commands ?? [];
    expect(optionsOf(line).options['--assignee-principal-type']).toBe(type);
  });

  it('is a lease too, where that gives the role', () => {
    const context = { ...contextOf('arc'), leasesGiveRoles: true };
    expect(mend(nothing, 'connect-wac', context)?.sentence).toContain('request a lease');
    expect(mend(nothing, 'connect-wac')?.sentence).not.toContain('lease');
    expect(mend(nothing, 'install', context)?.sentence).not.toContain('lease');
  });

  it('is no assignment where a denial takes it', () => {
    const { permissions, scope } = grantOf('Reader');
    const denied = { grants: [grantOf('Reader')], denials: [{ permissions, scope, name: 'of the stack' }] };
    expect(mend(denied, 'see')).toEqual({ sentence: expect.stringContaining('of the stack'), commands: [] });
  });

  it('is the activation of what is eligible, on this machine and by the person alone', () => {
    const scheduleName = '00000000-0000-4000-8000-0000000000e2';
    const role = {
      ...grantOf('Windows Admin Center Administrator Login', { roleDefinitionId: '/roles/login' }),
      scope: group,
      scheduleId: `${group}/providers/x/roleEligibilitySchedules/${scheduleName}`,
    };
    const advice = mend(nothing, 'connect-wac', contextOf('arc'), [role]);
    const { command, options } = optionsOf(advice?.commands[0]);
    expect(command).toBe('az rest');
    expect(options['--method']).toBe('put');
    expect(options['--url']).toBe(
      `${resourceId}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/${requestId}?api-version=2020-10-01`,
    );
    expect(JSON.parse(options['--body'] ?? '')).toMatchObject({
      properties: {
        principalId: person,
        roleDefinitionId: '/roles/login',
        requestType: 'SelfActivate',
        linkedRoleEligibilityScheduleId: scheduleName,
      },
    });
    const ofGroup = mend(nothing, 'connect-wac', contextOf('arc', 'group'), [role]);
    expect(ofGroup).toEqual({ sentence: expect.stringContaining('each member'), commands: [] });
  });

  it('is the same role without its condition; one on the machine itself has to go first', () => {
    const condition = 'of our own';
    const id = `${resourceId}/providers/Microsoft.Authorization/roleAssignments/one`;
    const name = 'Windows Admin Center Administrator Login';
    const here = { ...nothing, grants: [grantOf(name, { condition, assignmentId: id })] };
    const [first, second] = mend(here, 'connect-wac')?.commands ?? [];
    expect(optionsOf(first)).toEqual({ command: 'az role assignment delete', options: { '--ids': id } });
    expect(optionsOf(second).command).toBe('az role assignment create');
    const above = { ...nothing, grants: [grantOf(name, { condition, assignmentId: id, scope: group })] };
    expect(mend(above, 'connect-wac')?.commands).toHaveLength(1);
    const ofGroup = grantOf(name, {
      condition,
      assignmentId: id,
      principal: { id: 'a group', kind: 'Group' },
    });
    expect(mend({ ...nothing, grants: [ofGroup] }, 'connect-wac')?.commands).toHaveLength(1);
  });
});
