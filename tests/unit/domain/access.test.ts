import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInRoles } from '#local/resource-manager/providers/built-in-roles.ts';
import {
  type AccessRight,
  connectRight,
  type DenyRule,
  decideAccess,
  type Permissions,
  type RoleGrant,
  rolesAt,
  sshLevel,
} from '#shared/domain/access.ts';
import type { MachineKind } from '#shared/domain/machine.ts';

const subscription = '/subscriptions/00000000-0000-4000-8000-000000000001';
const group = `${subscription}/resourceGroups/rg-local`;
const machine = `${group}/providers/Microsoft.HybridCompute/machines/web-01`;
const wacLogin = 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action';

const permissions = (given: Partial<Permissions>): Permissions => ({
  actions: [],
  notActions: [],
  dataActions: [],
  notDataActions: [],
  ...given,
});
const grant = (given: Partial<Permissions>, more: Partial<RoleGrant> = {}): RoleGrant => ({
  roleName: 'custom',
  scope: machine,
  permissions: [permissions(given)],
  ...more,
});
const denial = (given: Partial<Permissions>): DenyRule => ({
  scope: machine,
  permissions: [permissions(given)],
});

/** One of the service's own roles, as ARM gives it. */
function builtIn(roleName: string): RoleGrant {
  const role = builtInRoles.find((one) => one.roleName === roleName);
  if (!role) throw new Error(`no role ${roleName}`);
  const { actions, notActions = [], dataActions = [] } = role;
  return grant({ actions, notActions, dataActions }, { roleName });
}

const decide = (
  grants: readonly RoleGrant[],
  right: AccessRight,
  denials: readonly DenyRule[] = [],
  kind: MachineKind = 'arc',
) => decideAccess({ grants, denials }, kind, right);
const may = (...given: Parameters<typeof decide>) => decide(...given).allowed;

describe('the roles of the service', () => {
  const wac = 'Windows Admin Center Administrator Login';
  const table: [string, { install: boolean; wac: boolean; ssh: boolean }][] = [
    [
      'requirement 88: Azure Connected Machine Resource Administrator',
      { install: false, wac: false, ssh: false },
    ],
    ['requirement 89: Contributor', { install: true, wac: false, ssh: false }],
    ['requirement 90: Owner', { install: true, wac: false, ssh: false }],
    ['requirement 91: Virtual Machine Local User Login', { install: false, wac: false, ssh: true }],
    ['requirement 92: Virtual Machine User Login', { install: false, wac: false, ssh: true }],
    ['requirement 93: Virtual Machine Administrator Login', { install: false, wac: false, ssh: true }],
    [`requirement 94: ${wac}`, { install: true, wac: true, ssh: false }],
    ['requirement 86: Reader', { install: false, wac: false, ssh: false }],
  ];

  it.each(table)('%s', (title, expected) => {
    const role = builtIn(title.slice(title.indexOf(': ') + 2));
    expect({
      install: may([role], 'install'),
      wac: may([role], 'connect-wac'),
      ssh: may([role], 'connect-ssh'),
    }).toEqual(expected);
  });

  it('requirement 95: of SSH and of WAC add up, and neither opens the other', () => {
    const both = [builtIn(wac), builtIn('Virtual Machine User Login')];
    expect(may(both, 'connect-wac') && may(both, 'connect-ssh')).toBe(true);
  });

  it.each<[MachineKind, boolean]>([
    ['azure-vm', true],
    ['hci-cluster', true],
  ])('of WAC open a %s too', (kind, expected) => {
    expect(may([builtIn(wac)], 'connect-wac', [], kind)).toBe(expected);
  });

  it('give no SSH on a cluster, whoever holds them', () => {
    const all = builtInRoles.map(({ roleName }) => builtIn(roleName));
    expect(decide(all, 'connect-ssh', [], 'hci-cluster')).toEqual({
      allowed: false,
      missingAction: 'connect-ssh on hci-cluster',
    });
  });
});

describe('a right', () => {
  it('requirement 86: is off by default, and its refusal names the first missing action', () => {
    expect(decide([], 'connect-wac')).toEqual({ allowed: false, missingAction: wacLogin });
    expect(decide([], 'see')).toEqual({
      allowed: false,
      missingAction: 'Microsoft.HybridCompute/machines/read',
    });
  });

  it('C10: to install needs both the extension and the endpoint', () => {
    const extension = grant({ actions: ['Microsoft.HybridCompute/machines/extensions/write'] });
    const endpoint = grant({ actions: ['Microsoft.HybridConnectivity/endpoints/write'] });
    expect(decide([extension], 'install')).toEqual({
      allowed: false,
      missingAction: 'Microsoft.HybridConnectivity/endpoints/write',
    });
    expect(may([endpoint], 'install')).toBe(false);
    expect(may([extension, endpoint], 'install')).toBe(true);
  });

  it('to act on data is not given by any action, not even by *', () => {
    expect(may([grant({ actions: ['*'] })], 'connect-wac')).toBe(false);
    expect(may([grant({ dataActions: ['*'] })], 'connect-wac')).toBe(true);
  });

  it('requirement 91: to use local credentials is given by the action’s own name and not by *', () => {
    const name = 'Microsoft.HybridConnectivity/endpoints/listCredentials/action';
    expect(may([grant({ actions: [name.toUpperCase()] })], 'connect-ssh')).toBe(true);
    expect(may([grant({ actions: ['*'] })], 'connect-ssh')).toBe(false);
    expect(may([grant({ actions: ['Microsoft.HybridConnectivity/endpoints/*'] })], 'connect-ssh')).toBe(
      false,
    );
    expect(may([grant({ actions: [name], notActions: ['*/listCredentials/*'] })], 'connect-ssh')).toBe(false);
    expect(may([grant({ actions: [name] })], 'connect-ssh', [denial({ actions: ['*'] })])).toBe(false);
  });

  it.each<[string, string, boolean]>([
    ['another case', wacLogin.toUpperCase(), true],
    ['a wildcard at the end', 'Microsoft.HybridCompute/*', true],
    ['a wildcard in the middle', 'Microsoft.HybridCompute/*/action', true],
    ['several wildcards', '*/machines/*/action*', true],
    ['a wildcard that stands for nothing', `${wacLogin}*`, true],
    ['the wildcard alone', '*', true],
    ['another action', 'Microsoft.HybridCompute/machines/login/action', false],
    ['only its beginning', 'Microsoft.HybridCompute/machines', false],
    ['parts in another order', '*/action*machines*', false],
    ['parts that overlap', 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/*Admin/action', false],
  ])('is matched with %s: %s', (_, pattern, expected) => {
    expect(may([grant({ dataActions: [pattern] })], 'connect-wac')).toBe(expected);
  });

  it('is matched by every pattern that stars some of its characters, and by none of another name', () => {
    const stars = fc.array(fc.integer({ min: 0, max: wacLogin.length }), { maxLength: 4 });
    fc.assert(
      fc.property(stars, fc.nat(wacLogin.length), (cuts, length) => {
        const [from = 0] = cuts;
        const pattern = `${wacLogin.slice(0, from)}*${wacLogin.slice(Math.min(from + length, wacLogin.length))}`;
        expect(may([grant({ dataActions: [pattern] })], 'connect-wac')).toBe(true);
        expect(may([grant({ dataActions: [`${pattern}!`] })], 'connect-wac')).toBe(false);
      }),
    );
  });

  it('is taken back by notActions and notDataActions within a role, not across roles', () => {
    const withHole = grant({ dataActions: ['*'], notDataActions: ['*/WACLoginAsAdmin/*'] });
    expect(may([withHole], 'connect-wac')).toBe(false);
    expect(may([withHole, grant({ dataActions: [wacLogin] })], 'connect-wac')).toBe(true);
    const noWrites = grant({ actions: ['*'], notActions: ['*/endpoints/write'] });
    expect(decide([noWrites], 'install')).toEqual({
      allowed: false,
      missingAction: 'Microsoft.HybridConnectivity/endpoints/write',
    });
  });

  it('is taken back by a deny assignment, whoever grants it', () => {
    const all = grant({ actions: ['*'], dataActions: ['*'] });
    expect(may([all], 'connect-wac', [denial({ dataActions: ['*/WACLoginAsAdmin/action'] })])).toBe(false);
    expect(may([all], 'connect-wac', [denial({ actions: ['*'] })])).toBe(true);
    const denyButNotThis = denial({ dataActions: ['*'], notDataActions: ['*/WACLogin*'] });
    expect(may([all], 'connect-wac', [denyButNotThis])).toBe(true);
  });

  it('is not given under a condition that nobody here can judge', () => {
    const unknown = grant({ dataActions: ['*'] }, { condition: `@Resource[a/b:c] StringEquals 'd'` });
    const unreadable = grant({ dataActions: ['*'] }, { condition: 'by the light of the moon' });
    const ofAnotherVersion = grant(
      { dataActions: ['*'] },
      { condition: `ActionMatches{'*'}`, conditionVersion: '1.0' },
    );
    expect(may([unknown, unreadable, ofAnotherVersion], 'connect-wac')).toBe(false);
  });

  it('is given under a condition that speaks of other actions', () => {
    const condition = `(!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635})`;
    const owner = grant({ actions: ['*'] }, { condition, conditionVersion: '2.0' });
    expect(may([owner], 'see') && may([owner], 'install')).toBe(true);
    expect(may([owner], 'approve')).toBe(false);
  });

  it('is given by a role only as its own conditions say, block by block', () => {
    const ofVaults = `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{00482a5a-887f-4fb3-b363-3b7fe8e74483, a4417e6f-fecd-4de8-b567-7b0420556985}))`;
    const actions = ['Microsoft.Authorization/roleAssignments/write', 'Microsoft.Authorization/*/read'];
    const vaults = grant({ actions, condition: ofVaults, conditionVersion: '2.0' });
    expect(may([vaults], 'approve')).toBe(false);
    expect(may([vaults], 'read-access')).toBe(true);
    const twoBlocks = { ...vaults, permissions: [...vaults.permissions, permissions({ actions })] };
    expect(may([twoBlocks], 'approve')).toBe(true);
    expect(may([{ ...twoBlocks, condition: `Exists @Resource[a]` }], 'approve')).toBe(false);
  });

  it('of several blocks adds up, and each takes back its own alone', () => {
    const first = permissions({ dataActions: ['*'], notDataActions: ['*/WACLoginAsAdmin/*'] });
    const second = permissions({ dataActions: [wacLogin], notDataActions: ['*/login/action'] });
    const role = { ...grant({}), permissions: [first, second] };
    expect(may([role], 'connect-wac')).toBe(true);
    expect(sshLevel({ grants: [role], denials: [] }, 'arc')).toBe('administrator');
    expect(may([{ ...role, permissions: [first] }], 'connect-wac')).toBe(false);
  });

  it('is denied though the denial has a condition, and though it may exclude him', () => {
    const all = grant({ actions: ['*'] });
    expect(may([all], 'see', [{ ...denial({ actions: ['*'] }), excludedGroups: ['somewhere'] }])).toBe(false);
  });

  it('names every assignment that gives a part of it, each once', () => {
    const one = grant({ actions: ['Microsoft.HybridCompute/*'] }, { assignmentId: 'one' });
    const two = grant({ actions: ['*/endpoints/write'] }, { assignmentId: 'two' });
    const both = grant({ actions: ['*'] }, { assignmentId: 'both' });
    const other = grant({ actions: ['Microsoft.Compute/*'] }, { assignmentId: 'other' });
    expect(decide([one, two, both, other], 'install')).toEqual({
      allowed: true,
      grantedBy: ['one', 'both', 'two'],
    });
  });

  it('requirements 92 and 93: makes somebody the most in SSH that his roles name', () => {
    const levels = (...names: string[]) => sshLevel({ grants: names.map(builtIn), denials: [] }, 'arc');
    const [local, user, admin] = ['Local User', 'User', 'Administrator'].map(
      (name) => `Virtual Machine ${name} Login`,
    ) as [string, string, string];
    expect([levels(local), levels(user), levels(admin)]).toEqual(['local', 'user', 'administrator']);
    expect(levels(local, user, admin)).toBe('administrator');
    expect(levels('Owner')).toBeUndefined();
    const denials = [denial({ dataActions: ['*/loginAsAdmin/action'] })];
    expect(sshLevel({ grants: [builtIn(admin)], denials }, 'arc')).toBe('user');
    expect(sshLevel({ grants: [builtIn(admin)], denials: [denial({ dataActions: ['*'] })] }, 'arc')).toBe(
      'local',
    );
  });

  it.each(['WAC', 'SSH'] as const)('to connect is one of its own for %s', (service) => {
    expect(connectRight(service)).toBe(`connect-${service.toLowerCase()}`);
  });
});

describe('an assignment', () => {
  const at = (scope: string) =>
    rolesAt({ grants: [grant({}, { scope })], denials: [] }, machine).grants.length;

  it.each([
    ['the machine', machine],
    ['the machine in another case', machine.toUpperCase()],
    ['its resource group', group],
    ['its subscription', subscription],
    ['its subscription with a final slash', `${subscription}/`],
    ['a management group', '/providers/Microsoft.Management/managementGroups/contoso'],
    ['the root', '/'],
  ])('holds on the machine at %s', (_, scope) => {
    expect(at(scope)).toBe(1);
  });

  it.each([
    ['something below it', `${machine}/extensions/AdminCenter`],
    ['its neighbour', `${machine}2`],
    ['one whose name its own begins with', machine.slice(0, -1)],
    ['a resource group whose name its own begins with', group.slice(0, -1)],
    ['another resource group', `${group}-2`],
    ['another subscription', subscription.replace('1', '2')],
    ['another provider at the root', '/providers/Microsoft.Billing/billingAccounts/1'],
  ])('does not hold at %s', (_, scope) => {
    expect(at(scope)).toBe(0);
  });

  it('that denies at its own scope alone stops there', () => {
    const own = { ...denial({ actions: ['*'] }), ownScopeOnly: true };
    const denials = [
      { ...own, scope: subscription },
      { ...own, scope: '/providers/Microsoft.Management/managementGroups/contoso' },
      { ...own, scope: `${machine.toUpperCase()}/` },
    ];
    expect(rolesAt({ grants: [], denials }, machine).denials).toEqual([denials[2]]);
  });

  it('that denies is taken by its scope as well', () => {
    const denials = [denial({ actions: ['*'] }), { ...denial({ actions: ['*'] }), scope: `${machine}2` }];
    expect(rolesAt({ grants: [], denials }, machine).denials).toHaveLength(1);
  });
});
