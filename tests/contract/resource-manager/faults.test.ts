import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { type Cloud, call, groupId, machineId, startCloud, subscriptionId, versions, zone } from './cloud.ts';

const clock = createManualClock(Date.now());
const set = `${groupId}/providers/Microsoft.Network/dnszones/${zone}/TXT/lied`;
const operation = 'GET Microsoft.Network/dnsZones/TXT';
const record = (value: string) => ({ body: { properties: { TTL: 60, TXTRecords: [{ value: [value] }] } } });
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ clock });
});
beforeEach(() => cloud.arm.faults.clear());

describe('faults, seen by the client library of the SDKs', () => {
  it('list every operation that can be named', () => {
    expect(cloud.arm.operations).toEqual(
      expect.arrayContaining([operation, 'POST provider register', 'GET operation', 'GET goalState']),
    );
  });

  it('answer a status in the shape of ARM', async () => {
    cloud.arm.faults.set(operation, { status: 503, count: 1 });
    expect(await call(cloud.clientOf(), 'get', set, versions.dns)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { error: { code: 'ServerBusy' } },
    });
  });

  it('throttle with the seconds in Retry-After, and the library waits for them', async () => {
    cloud.arm.faults.set('LIST provider', { throttleMs: 1000, count: 1 });
    const path = `/subscriptions/${subscriptionId}/providers`;
    const seen: number[] = [];
    const client = cloud.clientOf({}, { retryOptions: { maxRetries: 1 } });
    client.pipeline.addPolicy(
      {
        name: 'statuses',
        async sendRequest(request, next) {
          const response = await next(request);
          seen.push(response.status);
          return response;
        },
      },
      { phase: 'Sign' },
    );
    expect((await call(client, 'get', path, versions.resources)).status).toBe(200);
    expect(seen).toEqual([429, 200]);
    cloud.arm.faults.set('LIST provider', { throttleMs: 300_000 });
    expect(await call(cloud.clientOf(), 'get', path, versions.resources)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '300', 'x-ms-ratelimit-remaining-subscription-reads': '0' },
      body: { error: { code: 'SubscriptionRequestsThrottled' } },
    });
  });

  it('drop the connection', async () => {
    cloud.arm.faults.set('*', { drop: true, delayMs: 1 });
    await expect(call(cloud.clientOf(), 'get', machineId, versions.machines)).rejects.toThrow(
      /socket|ECONNRESET/i,
    );
  });

  it('answer what was there before: absent, older, and still there after a deletion', async () => {
    const client = cloud.clientOf();
    const read = async () => {
      const { status, body } = await call(client, 'get', set, versions.dns);
      return status === 200
        ? (body as ReturnType<typeof record>['body']).properties.TXTRecords[0]?.value[0]
        : status;
    };
    const listed = async () => {
      const { body } = await call(client, 'get', set.replace('/lied', ''), versions.dns);
      return (body as { value: { name: string }[] }).value.length;
    };
    clock.advance(10_000);
    await call(client, 'put', set, versions.dns, record('old'));
    clock.advance(10_000);
    await call(client, 'put', set, versions.dns, record('new'));
    clock.advance(10_000);
    await call(client, 'delete', set, versions.dns);
    expect(await read()).toBe(404);
    for (const [staleMs, expected, count] of [
      [5_000, 'new', 1],
      [15_000, 'old', 1],
      [25_000, 404, 0],
    ] as const) {
      cloud.arm.faults.set(operation, { staleMs });
      cloud.arm.faults.set('LIST Microsoft.Network/dnsZones/TXT', { staleMs });
      expect(await read()).toBe(expected);
      expect(await listed()).toBe(count);
    }
    // A lie to readers is not a lie to writers: the set is made anew.
    expect(
      (await call(client, 'put', set, versions.dns, { ...record('a'), headers: { 'If-None-Match': '*' } }))
        .status,
    ).toBe(201);
  });

  it('show an operation as running after its end', async () => {
    const client = cloud.clientOf();
    const address = `${groupId}/providers/Microsoft.Network/publicIPAddresses/lag`;
    const put = await call(client, 'put', address, '2024-05-01', { body: { location: 'westeurope' } });
    const url = new URL(put.headers['azure-asyncoperation'] ?? '');
    const status = async () => (await call(client, 'get', url.pathname, '2024-05-01')).body;
    clock.advance(1000);
    expect(await status()).toMatchObject({ status: 'Succeeded' });
    cloud.arm.faults.set('GET operation', { staleMs: 500 });
    expect(await status()).toMatchObject({ status: 'InProgress' });
  });

  it('judge tokens by a clock that is off', async () => {
    const read = () => call(cloud.clientOf(), 'get', machineId, versions.machines);
    cloud.arm.faults.set('*', { skewMs: 48 * 3_600_000 });
    expect(await read()).toMatchObject({
      status: 401,
      body: { error: { code: 'ExpiredAuthenticationToken' } },
    });
    cloud.arm.faults.set('*', { skewMs: -3_600_000 });
    expect(await read()).toMatchObject({
      status: 401,
      body: { error: { code: 'InvalidAuthenticationToken' } },
    });
  });
});

it('lets a person look at resources by type and at what is under way', async () => {
  const address = `${groupId}/providers/Microsoft.Network/publicIPAddresses/seen`;
  await call(cloud.clientOf(), 'put', address, '2024-05-01', { body: { location: 'westeurope' } });
  const [resources, running] = cloud.arm.inspect?.() ?? [];
  expect(resources?.rows).toContainEqual(['microsoft.hybridcompute/machines', 1]);
  expect(running?.rows).toEqual([[expect.any(String), address, new Date(clock.now()).toISOString()]]);
  clock.advance(1000);
  expect(cloud.arm.inspect?.()[1]?.rows).toEqual([]);
});
