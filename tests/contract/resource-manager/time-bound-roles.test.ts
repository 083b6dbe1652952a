import { beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { type Cloud, call, groupId, machineId, startCloud, subscriptionId, versions } from './cloud.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const clock = createManualClock(start);
const hourMs = 3_600_000;
const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const user = '00000000-0000-4000-8000-0000000000a1';
const group = '00000000-0000-4000-8000-0000000000b1';
const subscription = `/subscriptions/${subscriptionId}`;
let cloud: Cloud;
let count = 0;
beforeAll(async () => {
  cloud = await startCloud({ clock, groupsOf: (id) => (id === user ? [group] : []) });
});

const request = (scope: string, properties: Record<string, unknown>) =>
  call(
    cloud.clientOf(),
    'put',
    `${scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/00000000-0000-4000-8000-00000000ee${String(10 + count++)}`,
    '2020-10-01',
    {
      body: {
        properties: {
          roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${reader}`,
          principalId: user,
          requestType: 'AdminAssign',
          ...properties,
        },
      },
    },
  );
const list = async (type: string, version: string, principal = user) => {
  const path = `${machineId}/providers/Microsoft.Authorization/${type}`;
  const query = { $filter: `assignedTo('${principal}')` };
  const { body } = await call(cloud.clientOf(), 'get', path, version, { query });
  return (body as { value: { id: string; properties: Record<string, unknown> }[] }).value;
};
const assigned = () => list('roleAssignments', versions.authorization);
const instances = () => list('roleAssignmentScheduleInstances', '2020-10-01');

// "Role Assignment Schedule Requests - Create", "Role Assignment Schedule Instances - List For Scope", learn.microsoft.com/rest/api/authorization
describe('a time-bound role assignment', () => {
  it('requirement 96: is listed from its start to its end by the clock, and by its own id only then', async () => {
    const made = await request(groupId, {
      scheduleInfo: {
        startDateTime: new Date(start + hourMs).toISOString(),
        expiration: { type: 'AfterDuration', duration: 'PT8H' },
      },
    });
    expect(made).toMatchObject({ status: 201, body: { properties: { status: 'Provisioned' } } });
    expect(await assigned()).toEqual([]);
    expect(await instances()).toEqual([]);
    expect(await list('roleAssignmentSchedules', '2020-10-01')).toHaveLength(1);

    clock.advance(hourMs);
    const [assignment] = await assigned();
    expect(assignment?.properties).toMatchObject({ principalId: user, scope: groupId });
    expect(await instances()).toMatchObject([
      {
        properties: {
          originRoleAssignmentId: assignment?.id,
          assignmentType: 'Assigned',
          memberType: 'Inherited',
          startDateTime: new Date(start + hourMs).toISOString(),
          endDateTime: new Date(start + 9 * hourMs).toISOString(),
        },
      },
    ]);
    const own = () => call(cloud.clientOf(), 'get', assignment?.id ?? '', versions.authorization);
    expect((await own()).status).toBe(200);

    clock.advance(8 * hourMs);
    expect(await assigned()).toEqual([]);
    expect(await instances()).toEqual([]);
    expect((await own()).status).toBe(404);
  });

  it('reaches the members of a group, says so, and ends when it is removed', async () => {
    expect((await request(subscription, { principalId: group })).status).toBe(201);
    expect((await request(subscription, { principalId: group })).status).toBe(409);
    expect(await instances()).toMatchObject([{ properties: { memberType: 'Group', endDateTime: null } }]);
    expect(await assigned()).toHaveLength(1);
    expect((await request(subscription, { principalId: group, requestType: 'AdminRemove' })).status).toBe(
      201,
    );
    expect(await assigned()).toEqual([]);
  });

  it('appears beside lasting ones, which have neither start nor end', async () => {
    const name = '00000000-0000-4000-8000-0000000000f9';
    await call(
      cloud.clientOf(),
      'put',
      `${machineId}/providers/Microsoft.Authorization/roleAssignments/${name}`,
      versions.authorization,
      {
        body: { properties: { roleDefinitionId: `/x/${reader}`, principalId: user } },
      },
    );
    expect(await instances()).toMatchObject([
      { name, properties: { memberType: 'Direct', startDateTime: null, endDateTime: null } },
    ]);
  });

  it('must end after it has started', async () => {
    const endDateTime = new Date(start).toISOString();
    const backwards = { expiration: { type: 'AfterDateTime', endDateTime } };
    expect((await request(groupId, { scheduleInfo: backwards })).status).toBe(400);
    const nonsense = { expiration: { type: 'AfterDuration', duration: 'eight hours' } };
    expect((await request(groupId, { scheduleInfo: nonsense })).status).toBe(400);
  });
});
