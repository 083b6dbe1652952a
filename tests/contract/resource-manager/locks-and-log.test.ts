import { beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { type Cloud, call, groupId, machineId, startCloud, subscriptionId, versions, zone } from './cloud.ts';

const clock = createManualClock(Date.parse('2026-03-01T12:00:00Z'));
const set = `${groupId}/providers/Microsoft.Network/dnszones/${zone}/TXT/locked`;
const record = { body: { properties: { TTL: 60, TXTRecords: [{ value: ['x'] }] } } };
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ clock });
});

const lockAt = (scope: string) => `${scope}/providers/Microsoft.Authorization/locks/keep`;
const lock = (scope: string, level: string) =>
  call(cloud.clientOf(), 'put', lockAt(scope), '2020-05-01', {
    body: { properties: { level, notes: 'kept' } },
  });
const unlock = (scope: string) => call(cloud.clientOf(), 'delete', lockAt(scope), '2020-05-01');
const code = (body: unknown) => (body as { error?: { code: string } }).error?.code;

// "Lock your Azure resources to protect your infrastructure", learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
describe('a management lock', () => {
  it('keeps what lies below its scope from being deleted, and lets it be written', async () => {
    const client = cloud.clientOf();
    expect((await lock(groupId, 'CanNotDelete')).status).toBe(201);
    expect((await call(client, 'put', set, versions.dns, record)).status).toBe(201);
    const refused = await call(client, 'delete', set, versions.dns);
    expect([refused.status, code(refused.body)]).toEqual([409, 'ScopeLocked']);
    expect(refused.body).toMatchObject({
      error: {
        message: `The scope '${set}' cannot perform delete operation because following scope(s) are locked: '${groupId}'. Please remove the lock and try again.`,
      },
    });
    expect((await unlock(groupId)).status).toBe(200);
    expect((await call(client, 'delete', set, versions.dns)).status).toBe(200);
  });

  it('keeps what carries it from being deleted with what lies above', async () => {
    const client = cloud.clientOf();
    const dnsZone = `${groupId}/providers/Microsoft.Network/dnszones/kept.localhost`;
    await call(client, 'put', dnsZone, versions.dns, { body: { location: 'global' } });
    const below = `${dnsZone}/TXT/a`;
    await call(client, 'put', below, versions.dns, record);
    await lock(below, 'CanNotDelete');
    expect((await call(client, 'delete', dnsZone, versions.dns)).status).toBe(409);
    await unlock(below);
    expect((await call(client, 'delete', dnsZone, versions.dns)).status).toBeLessThan(300);
  });

  it('that is ReadOnly stops writes and actions, reads go on, and the lock itself can be removed', async () => {
    const client = cloud.clientOf();
    await lock(groupId, 'ReadOnly');
    const rule = `${groupId}/providers/Microsoft.Relay/namespaces/local/authorizationRules/RootManageSharedAccessKey`;
    const extension = `${machineId}/extensions/AdminCenter`;
    const attempts = [
      await call(client, 'put', set, versions.dns, record),
      await call(client, 'post', `${rule}/listKeys`, versions.relay),
      await call(client, 'put', extension, versions.machines, {
        body: { location: 'westeurope', properties: { publisher: 'p', type: 't' } },
      }),
      await call(client, 'patch', machineId, versions.machines, { body: { tags: { a: 'b' } } }),
    ];
    expect(attempts.map(({ status, body }) => [status, code(body)])).toEqual(
      attempts.map(() => [409, 'ScopeLocked']),
    );
    expect((await call(client, 'get', machineId, versions.machines)).status).toBe(200);
    expect((await unlock(groupId)).status).toBe(200);
    expect((await call(client, 'put', set, versions.dns, record)).status).toBe(201);
  });

  it('is listed at its scope and below, and refuses a level that it does not know', async () => {
    await lock(machineId, 'CanNotDelete');
    const listed = await call(
      cloud.clientOf(),
      'get',
      `${machineId}/providers/Microsoft.Authorization/locks`,
      '2020-05-01',
    );
    expect(listed.body).toMatchObject({ value: [{ name: 'keep', properties: { level: 'CanNotDelete' } }] });
    expect((await lock(groupId, 'Never')).status).toBe(400);
    await unlock(machineId);
  });
});

// "Activity Logs - List", learn.microsoft.com/rest/api/monitor/activity-logs/list
describe('the activity log', () => {
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values`;
  const read = async (filter: string, query: Record<string, string> = {}) =>
    call(cloud.clientOf(), 'get', path, '2015-04-01', { query: { $filter: filter, ...query } });
  const since = () => `eventTimestamp ge '${new Date(clock.now()).toISOString()}'`;

  it('says who changed what, when, and how it ended; newest first', async () => {
    clock.advance(60_000);
    const client = cloud.clientOf({ upn: 'ada@local.example' });
    const correlation = '00000000-0000-4000-8000-0000000000c1';
    const headers = { 'x-ms-correlation-request-id': correlation };
    await call(client, 'put', set, versions.dns, { ...record, headers });
    clock.advance(1000);
    await call(client, 'put', set, versions.dns, { ...record, headers: { 'If-None-Match': '*' } });
    await call(client, 'get', set, versions.dns);
    const from = `eventTimestamp ge '${new Date(clock.now() - 1000).toISOString()}'`;
    const { body } = await read(`${from} and resourceGroupName eq 'RG-LOCAL'`);
    expect(body).toMatchObject({
      value: [
        { status: { value: 'Failed' }, properties: { statusCode: 'PreconditionFailed' }, level: 'Error' },
        {
          caller: 'ada@local.example',
          correlationId: correlation,
          operationName: { value: 'Microsoft.Network/dnsZones/TXT/write' },
          resourceId: set,
          status: { value: 'Succeeded' },
          eventTimestamp: new Date(clock.now() - 1000).toISOString(),
        },
      ],
    });
    const { body: one } = await read(`${from} and correlationId eq '${correlation}'`, { $select: 'caller' });
    expect(one).toEqual({ value: [{ caller: 'ada@local.example' }] });
  });

  it('needs a time to begin at and refuses what it does not understand', async () => {
    expect((await read("resourceGroupName eq 'rg-local'")).status).toBe(400);
    expect((await read(`${since()} or caller eq 'x'`)).status).toBe(400);
    clock.advance(1);
    expect((await read(since())).body).toEqual({ value: [] });
  });
});
