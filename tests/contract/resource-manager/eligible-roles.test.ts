import { beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { eligibleRole } from '#local/resource-manager/seeds.ts';
import { type Cloud, call, groupId, machineId, seed, startCloud, subscriptionId, versions } from './cloud.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const clock = createManualClock(start);
const hourMs = 3_600_000;
const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const person = '00000000-0000-4000-8000-0000000000a1';
const member = '00000000-0000-4000-8000-0000000000a2';
const group = '00000000-0000-4000-8000-0000000000b1';
const roleDefinitionId = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${reader}`;
let cloud: Cloud;
let count = 0;
beforeAll(async () => {
  cloud = await startCloud({
    clock,
    groupsOf: (id) => (id === member ? [group] : []),
    seed: [
      ...seed,
      eligibleRole({ scope: groupId, roleDefinition: reader, principalId: group, principalType: 'Group' }),
    ],
  });
});

const request = (type: string, scope: string, properties: Record<string, unknown>, oid?: string) =>
  call(
    cloud.clientOf(oid === undefined ? {} : { oid }),
    'put',
    `${scope}/providers/Microsoft.Authorization/${type}/00000000-0000-4000-8000-00000000ee${String(10 + count++)}`,
    '2020-10-01',
    { body: { properties: { roleDefinitionId, ...properties } } },
  );
const list = async (type: string, filter: string, version = '2020-10-01') => {
  const path = `${machineId}/providers/Microsoft.Authorization/${type}`;
  const { body } = await call(cloud.clientOf(), 'get', path, version, { query: { $filter: filter } });
  return (body as { value: { properties: Record<string, unknown> }[] }).value;
};
const eligible = (principal: string) =>
  list('roleEligibilityScheduleInstances', `assignedTo('${principal}')`);
const assigned = (principal: string) =>
  list('roleAssignments', `assignedTo('${principal}')`, versions.authorization);
const forHours = (hours: number) => ({
  scheduleInfo: { expiration: { type: 'AfterDuration', duration: `PT${hours}H` } },
});

// "Role Eligibility Schedule Instances - List For Scope", "Role Assignment Schedule Requests - Create" with SelfActivate
describe('a role that somebody is eligible for', () => {
  it('requirement 96: is no assignment until he has activated it, and none after its time', async () => {
    expect(await eligible(member)).toMatchObject([
      { properties: { memberType: 'Group', principalId: group, scope: groupId, endDateTime: null } },
    ]);
    expect(await assigned(member)).toEqual([]);
    const activation = { principalId: member, requestType: 'SelfActivate', ...forHours(1) };
    expect((await request('roleAssignmentScheduleRequests', machineId, activation, member)).status).toBe(201);
    expect(await assigned(member)).toMatchObject([{ properties: { principalId: member } }]);
    clock.advance(hourMs);
    expect(await assigned(member)).toEqual([]);
    expect(await eligible(member)).toHaveLength(1);
  });

  it('is activated by himself alone, and only when he is eligible', async () => {
    const activation = { principalId: member, requestType: 'SelfActivate', ...forHours(1) };
    expect((await request('roleAssignmentScheduleRequests', machineId, activation, person)).status).toBe(403);
    const other = { ...activation, principalId: person };
    expect((await request('roleAssignmentScheduleRequests', machineId, other, person)).status).toBe(400);
  });

  it('is given for a time and taken away by a request', async () => {
    const wish = { principalId: person, requestType: 'AdminAssign', ...forHours(2) };
    expect((await request('roleEligibilityScheduleRequests', machineId, wish)).status).toBe(201);
    expect((await request('roleEligibilityScheduleRequests', machineId, wish)).status).toBe(409);
    expect(await eligible(person)).toMatchObject([{ properties: { memberType: 'Direct' } }]);
    expect(await list('roleEligibilityScheduleInstances', 'atScope()')).toHaveLength(2);
    clock.advance(2 * hourMs);
    expect(await eligible(person)).toEqual([]);
    expect((await request('roleEligibilityScheduleRequests', machineId, wish)).status).toBe(201);
    const removal = { principalId: person, requestType: 'AdminRemove' };
    expect((await request('roleEligibilityScheduleRequests', machineId, removal)).status).toBe(201);
    expect(await eligible(person)).toEqual([]);
  });
});
