import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '#local/kit/store.ts';
import {
  createResourceManager,
  type ResourceManagerOptions,
} from '#local/resource-manager/resource-manager.ts';
import { type Cloud, call, groupId, machineId, startCloud, subscriptionId, versions, zone } from './cloud.ts';

const folder = mkdtempSync(join(tmpdir(), 'resource-manager-'));
const file = join(folder, 'arm.sqlite');
let cloud: Cloud;
let options: ResourceManagerOptions;
beforeAll(async () => {
  cloud = await startCloud({ store: openStore(file), onCreated: (given) => (options = given) });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('has everything that was acknowledged when another process opens its store', async () => {
  const client = cloud.clientOf();
  const provider = `/subscriptions/${subscriptionId}/providers/Microsoft.HybridConnectivity`;
  await call(client, 'post', `${provider}/register`, versions.resources);
  const set = `${groupId}/providers/Microsoft.Network/dnszones/${zone}/TXT/kept`;
  const body = { properties: { TTL: 60, TXTRecords: [{ value: ['kept'] }] } };
  const { body: written } = await call(client, 'put', set, versions.dns, { body });
  const relay = `${groupId}/providers/Microsoft.Relay/namespaces/local/authorizationRules/RootManageSharedAccessKey`;
  const keys = await call(client, 'post', `${relay}/listKeys`, versions.relay);
  const extension = `${machineId}/extensions/AdminCenter`;
  await call(client, 'put', extension, versions.machines, {
    body: { location: 'westeurope', properties: { publisher: 'p', type: 't' } },
  });

  // The first one is still open: nothing was flushed or closed in between, as after kill -9.
  const second = await createResourceManager({ ...options, store: openStore(file), port: 0 });
  const token = await cloud.entra.mint({ aud: 'https://management.azure.com' });
  const ask = async (method: string, path: string, version: string) => {
    const url = `${second.origin}${path}?api-version=${version}`;
    const reply = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } });
    return (await reply.json()) as Record<string, unknown>;
  };
  expect(await ask('GET', set, versions.dns)).toEqual(written);
  expect(second.zones.recordSets(zone, 'kept')).toEqual([{ type: 'TXT', ttlSeconds: 60, values: ['kept'] }]);
  expect(await ask('POST', `${relay}/listKeys`, versions.relay)).toEqual(keys.body);
  expect(await ask('GET', extension, versions.machines)).toMatchObject({
    properties: { provisioningState: 'Creating' },
  });
  expect((await ask('GET', provider, versions.resources))['registrationState']).toMatch(/^Register(ed|ing)$/);
  await second.close();
});

it('answers any path without an error of its own', async () => {
  const token = await cloud.entra.mint({ aud: 'https://management.azure.com' });
  const words = [
    'subscriptions',
    subscriptionId,
    'resourceGroups',
    'rg-local',
    'providers',
    'Microsoft.Network',
    'dnszones',
    zone,
    'TXT',
    '%zz',
    '%2f',
    '@',
    '*',
    '',
    'register',
    'operationStatuses',
  ];
  const path = fc.array(
    fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 }).map(encodeURIComponent)),
    { maxLength: 12 },
  );
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'PATCH', 'DELETE');
  const body = fc.oneof(fc.json(), fc.string());
  await fc.assert(
    fc.asyncProperty(path, method, body, async (segments, verb, text) => {
      const reply = await fetch(`${cloud.arm.origin}/${segments.join('/')}?api-version=${versions.dns}`, {
        method: verb,
        headers: { authorization: `Bearer ${token}` },
        ...(verb !== 'GET' && { body: text }),
      });
      await reply.arrayBuffer();
      expect(reply.status === 501 || reply.status < 500).toBe(true);
    }),
    { numRuns: 300 },
  );
});
