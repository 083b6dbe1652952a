import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { eligibleRole, roleAssignment } from '#local/resource-manager/seeds.ts';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmRolePeople } from '#shared/adapters/azure/arm-role-people.ts';
import { endOf } from '#shared/domain/role-schedule.ts';
import type { RoleDirectory } from '#shared/ports/role-directory.ts';
import { administrator, groups, reader } from '../entra/tenant.ts';
import { type Cloud, call, groupId, machineId, seed, startCloud, subscriptionId } from './cloud.ts';

const windowsAdminCenter = 'a6333a3e-0164-44c3-b281-7a577aff287f';
const azureReader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const subscription = `/subscriptions/${subscriptionId}`;
// Tokens have the real time.
const clock = createManualClock(Date.now());

const user = (id: string) => ({ id, isGroup: false });

let cloud: Cloud;
let people: RoleDirectory;
beforeAll(async () => {
  const toGroup = { principalId: groups.operators, principalType: 'Group' } as const;
  const toReader = { principalId: reader.objectId, principalType: 'User' } as const;
  cloud = await startCloud({
    clock,
    groupsOf: (objectId) => cloud.entra.groupsOf(objectId),
    isGroup: (objectId) => cloud.entra.isGroup(objectId),
    seed: [
      ...seed,
      roleAssignment({ scope: subscription, roleDefinition: azureReader, ...toGroup }),
      roleAssignment({
        scope: `${groupId}/providers/Microsoft.HybridCompute/machines/another`,
        roleDefinition: azureReader,
        ...toReader,
      }),
      eligibleRole({ scope: groupId, roleDefinition: windowsAdminCenter, ...toGroup }),
    ],
  });
  people = createArmRolePeople({
    arm: createArmClient({
      endpoint: cloud.arm.origin,
      audience: 'https://management.azure.com/',
      credential: new DefaultAzureCredential(),
    }),
  });
});
beforeEach(() => cloud.arm.faults.clear());

describe('who holds a role at a machine', () => {
  it('is everybody with an assignment there or above, and nobody elsewhere', async () => {
    expect(await people.assignmentsAt(machineId)).toMatchObject([
      { roleName: 'Reader', scope: subscription, principal: { id: groups.operators, kind: 'Group' } },
    ]);
  });

  it('requirement 96: says until when, and who only may activate one', async () => {
    const name = '00000000-0000-4000-8000-00000000ee01';
    const path = `${machineId}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/${name}`;
    const properties = {
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${windowsAdminCenter}`,
      principalId: reader.objectId,
      requestType: 'AdminAssign',
      scheduleInfo: { expiration: { type: 'AfterDuration', duration: 'PT1H' } },
    };
    const made = await call(cloud.clientOf(), 'put', path, '2020-10-01', { body: { properties } });
    expect(made.status).toBe(201);
    const endsAt = new Date(clock.now() + 3_600_000).toISOString();
    const ofReader = await people.schedulesAt(machineId, user(reader.objectId.toUpperCase()));
    expect(ofReader).toMatchObject({ eligible: [], ending: [{ endsAt, principalId: reader.objectId }] });
    const [grant] = (await people.assignmentsAt(machineId)).filter(
      ({ principal }) => principal?.id === reader.objectId,
    );
    expect(grant && endOf(grant, ofReader.ending)).toBe(endsAt);
    expect((await people.schedulesAt(machineId, user(administrator.objectId))).eligible).toMatchObject([
      {
        roleName: 'Windows Admin Center Administrator Login',
        scope: groupId,
        principal: { id: groups.operators, kind: 'Group' },
        scheduleId: expect.stringContaining('/roleEligibilitySchedules/'),
      },
    ]);
    const ofAll = await people.schedulesAt(machineId);
    expect([ofAll.ending.length, ofAll.eligible.length]).toEqual([1, 1]);
  });

  it('of a group is what is assigned to itself: what is assigned to a person resolves no group of groups', async () => {
    const { grants } = await people.groupRolesIn(groups.operators.toUpperCase(), subscriptionId);
    expect(grants).toMatchObject([{ roleName: 'Reader', scope: subscription }]);
    const own = await people.schedulesAt(machineId, { id: groups.operators, isGroup: true });
    expect(own.eligible).toMatchObject([{ roleName: 'Windows Admin Center Administrator Login' }]);
    expect(await people.schedulesAt(machineId, user(groups.operators))).toEqual({ ending: [], eligible: [] });
  });

  it('has nothing by time where ARM refuses to list it, and fails when ARM is silent', async () => {
    const operation = 'LIST Microsoft.Authorization/roleEligibilityScheduleInstances';
    const set = (status: number) => cloud.arm.faults.set(operation, { status });
    set(400);
    expect((await people.schedulesAt(machineId, user(administrator.objectId))).eligible).toEqual([]);
    set(503);
    await expect(people.schedulesAt(machineId)).rejects.toMatchObject({
      code: 'resource_manager_unavailable',
    });
  });
});
