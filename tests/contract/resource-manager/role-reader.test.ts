import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { eligibleRole, roleAssignment } from '#local/resource-manager/seeds.ts';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmRoleReader } from '#shared/adapters/azure/arm-role-reader.ts';
import { decideAccess, type Permissions, rolesAt } from '#shared/domain/access.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';
import { administrator, groups, reader } from '../entra/tenant.ts';
import { type Cloud, call, groupId, machineId, seed, startCloud, subscriptionId, tenantId } from './cloud.ts';

const wacLogin = 'a6333a3e-0164-44c3-b281-7a577aff287f';
const azureReader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const customRole = '00000000-0000-4000-8000-00000000cc01';
const subscription = `/subscriptions/${subscriptionId}`;
const service = '00000000-0000-4000-8000-0000000000f1';
const managed = '00000000-0000-4000-8000-0000000000f5';
const crowded = '00000000-0000-4000-8000-0000000000f2';
const denied = '00000000-0000-4000-8000-0000000000f3';
const spared = '00000000-0000-4000-8000-0000000000f4';
const everyone = '00000000-0000-0000-0000-000000000000';
const clock = createManualClock(Date.now());
const toService = { principalId: service, principalType: 'ServicePrincipal' } as const;
const wacAction = { dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'] };
const outsider = { id: '00000000-0000-4000-8000-0000000000e1', type: 'Group' };

interface Denial {
  scope: string;
  name: string;
  permissions: Partial<Permissions>;
  principals: { id: string; type: string }[];
  excludePrincipals: { id: string; type: string }[];
  doNotApplyToChildScopes?: boolean;
}

const nobodyConnects: Denial = {
  scope: subscription,
  name: 'nobody connects',
  permissions: wacAction,
  principals: [{ id: everyone, type: 'SystemDefined' }],
  excludePrincipals: [
    { id: service, type: 'ServicePrincipal' },
    { id: groups.everyone, type: 'Group' },
    { id: spared, type: 'User' },
  ],
};
const notTheDenied: Denial = {
  scope: groupId,
  name: 'not the denied',
  permissions: { actions: ['*'] },
  principals: [{ id: denied, type: 'User' }],
  excludePrincipals: [outsider],
  doNotApplyToChildScopes: true,
};

/** Only the platform makes deny assignments. */
const deny = ({ name, permissions, ...rest }: Denial, guid: string) => ({
  id: `${rest.scope}/providers/Microsoft.Authorization/denyAssignments/${guid}`,
  body: { properties: { denyAssignmentName: name, permissions: [permissions], ...rest } },
});

let cloud: Cloud;
let roles: RoleReader;
beforeAll(async () => {
  cloud = await startCloud({
    clock,
    groupsOf: (objectId) => cloud.entra.groupsOf(objectId),
    isGroup: (objectId) => cloud.entra.isGroup(objectId),
    managementGroups: ['Inner', 'outer'],
    seed: [
      ...seed,
      ...['inner', 'Outer', 'neighbour'].map((name) =>
        roleAssignment({
          scope: `/providers/Microsoft.Management/managementGroups/${name}`,
          roleDefinition: azureReader,
          principalId: managed,
          principalType: 'User',
        }),
      ),
      // The administrator is in the operators, they are in everyone, and everyone is in the operators.
      roleAssignment({
        scope: `/providers/Microsoft.Management/managementGroups/${tenantId}`,
        roleDefinition: azureReader,
        principalId: groups.everyone,
        principalType: 'Group',
      }),
      roleAssignment({
        scope: groupId,
        roleDefinition: wacLogin,
        principalId: groups.operators,
        principalType: 'Group',
      }),
      roleAssignment({ scope: machineId, roleDefinition: wacLogin, ...toService }),
      roleAssignment({ scope: '', roleDefinition: azureReader, ...toService }),
      ...Array.from({ length: 1200 }, (_, index) =>
        roleAssignment({
          scope: `${groupId}/providers/Microsoft.HybridCompute/machines/m${index}`,
          roleDefinition: azureReader,
          principalId: crowded,
          principalType: 'User',
        }),
      ),
      eligibleRole({
        scope: groupId,
        roleDefinition: wacLogin,
        principalId: reader.objectId,
        principalType: 'User',
      }),
      deny(nobodyConnects, '00000000-0000-4000-8000-00000000de01'),
      deny(notTheDenied, '00000000-0000-4000-8000-00000000de02'),
    ],
  });
});
beforeEach(() => {
  cloud.arm.faults.clear();
  roles = createArmRoleReader({
    arm: createArmClient({
      endpoint: cloud.arm.origin,
      audience: 'https://management.azure.com/',
      credential: new DefaultAzureCredential(),
    }),
    now: clock.now,
  });
});

const namesOf = async (principalId: string) =>
  (await roles.rolesIn(principalId, subscriptionId)).grants.map(
    ({ roleName, scope }) => `${roleName} ${scope}`,
  );

describe('the roles of a caller', () => {
  it('are those of his groups too, groups in groups and circles of them, up to the management group', async () => {
    const held = await roles.rolesIn(administrator.objectId, subscriptionId.toUpperCase());
    expect(held.grants).toMatchObject([
      {
        roleName: 'Reader',
        scope: `/providers/Microsoft.Management/managementGroups/${tenantId}`,
        principal: { id: groups.everyone, kind: 'Group' },
      },
      {
        roleName: 'Windows Admin Center Administrator Login',
        scope: groupId,
        principal: { id: groups.operators, kind: 'Group' },
        assignmentId: expect.stringContaining('/roleAssignments/'),
        roleDefinitionId: expect.stringContaining(wacLogin),
      },
    ]);
    const here = rolesAt(held, machineId);
    expect(decideAccess(here, 'arc', 'connect-wac')).toEqual({
      allowed: true,
      grantedBy: [held.grants[1]?.assignmentId],
    });
  });

  it('requirement 96: are not those that he is only eligible for', async () => {
    expect(await namesOf(reader.objectId)).toEqual([]);
  });

  it('are those of a service principal, from the machine itself up to the root', async () => {
    expect(await namesOf(service)).toEqual([
      'Reader ',
      `Windows Admin Center Administrator Login ${machineId}`,
    ]);
  });

  it('are those of the management groups above the subscription, and of no neighbour of theirs', async () => {
    const above = '/providers/Microsoft.Management/managementGroups';
    expect(await namesOf(managed)).toEqual([`Reader ${above}/inner`, `Reader ${above}/Outer`]);
  });

  it('come in pages, and all of them count', async () => {
    const { calls } = cloud.arm;
    const list = 'LIST Microsoft.Authorization/roleAssignments';
    const before = calls.count(list);
    expect(await namesOf(crowded)).toHaveLength(1200);
    expect(calls.count(list)).toBe(before + 2);
  });

  it('cost one round trip once the definitions are known: one list of assignments, one of denials', async () => {
    await namesOf(administrator.objectId);
    clock.advance(10_000);
    const { calls } = cloud.arm;
    calls.reset();
    await namesOf(administrator.objectId);
    expect(calls.all()).toEqual({
      'LIST Microsoft.Authorization/denyAssignments': 1,
      'LIST Microsoft.Authorization/roleAssignments': 1,
    });
  });
});

describe('a custom role', () => {
  const definition = (dataActions: string[]) =>
    call(
      cloud.clientOf(),
      'put',
      `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${customRole}`,
      '2022-04-01',
      {
        body: {
          properties: {
            roleName: 'Our connecters',
            permissions: [{ actions: ['*/read'], dataActions }],
            assignableScopes: [subscription],
          },
        },
      },
    );
  const assignment = `${machineId}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000dd01`;
  const mayConnect = async () => {
    const held = await roles.rolesIn(spared, subscriptionId);
    return decideAccess(rolesAt(held, machineId), 'arc', 'connect-wac').allowed;
  };

  it('gives what it names, and no longer once it is changed or taken away', async () => {
    await definition(wacAction.dataActions);
    const made = await call(cloud.clientOf(), 'put', assignment, '2022-04-01', {
      body: {
        properties: {
          roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${customRole}`,
          principalId: spared,
        },
      },
    });
    expect(made.status).toBe(201);
    expect(await mayConnect()).toBe(true);
    await definition(['Microsoft.HybridCompute/machines/login/action']);
    clock.advance(2_000);
    expect(await mayConnect()).toBe(false);
    await definition(['Microsoft.HybridCompute/*']);
    clock.advance(2_000);
    expect(await mayConnect()).toBe(true);
    await call(cloud.clientOf(), 'delete', assignment, '2022-04-01');
    expect(await mayConnect()).toBe(false);
  });
});

describe('a deny assignment', () => {
  const denials = async (principalId: string) => (await roles.rolesIn(principalId, subscriptionId)).denials;

  it('for everybody does not reach whom it excludes: himself, or by a group that he is known to be in', async () => {
    expect(await denials(service)).toEqual([]);
    expect(await denials(administrator.objectId)).toEqual([]);
    expect(await denials(spared)).toEqual([]);
  });

  it('reaches whoever may only perhaps be in a group that it excludes, and names that group', async () => {
    expect(await denials(reader.objectId)).toMatchObject([
      { name: 'nobody connects', scope: subscription, excludedGroups: [groups.everyone] },
    ]);
  });

  it('of one person reaches nobody else, and where it says so nothing below its scope', async () => {
    const [here, ...more] = (await denials(denied)).filter(({ name }) => name === 'not the denied');
    expect(more).toEqual([]);
    expect(here).toMatchObject({ scope: groupId, ownScopeOnly: true, excludedGroups: [outsider.id] });
    const held = { grants: [], denials: here ? [here] : [] };
    expect(rolesAt(held, groupId).denials).toHaveLength(1);
    expect(rolesAt(held, machineId).denials).toEqual([]);
  });
});

describe('Azure Resource Manager', () => {
  it('that gives only some of the answers gives none: denials that cannot be read are no absence of denials', async () => {
    cloud.arm.faults.set('LIST Microsoft.Authorization/denyAssignments', { status: 403 });
    await expect(roles.rolesIn(administrator.objectId, subscriptionId)).rejects.toMatchObject({
      code: 'resource_manager_refused',
      facts: { armStatus: 403 },
    });
  });
});
