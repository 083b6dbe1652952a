import { type Client, getClient } from '@azure-rest/core-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call, groupId, startCloud, zone } from './cloud.ts';

/**
 * What the REST reference promises, against the stand-in, or against Azure when all four variables are set. In Azure it
 * makes and removes resources named `contract-*` in that group and that zone; the token's caller needs Owner on the group.
 */
const azure = {
  origin: process.env['CONTRACT_ARM_ORIGIN'],
  token: process.env['CONTRACT_ARM_TOKEN'],
  groupId: process.env['CONTRACT_ARM_GROUP_ID'],
  zone: process.env['CONTRACT_ARM_ZONE'],
};
const { origin, token } = azure;
const isAzure =
  origin !== undefined && token !== undefined && azure.groupId !== undefined && azure.zone !== undefined;
const group = (isAzure && azure.groupId) || groupId;
const set = `${group}/providers/Microsoft.Network/dnsZones/${(isAzure && azure.zone) || zone}/TXT/contract-set`;
const rules = `${group}/providers/Microsoft.Network/networkSecurityGroups/contract-nsg`;
const lock = `${group}/providers/Microsoft.Authorization/locks/contract-lock`;
const [dns, network, authorization] = ['2018-05-01', '2024-05-01', '2022-04-01'];

let client: Client;
beforeAll(async () => {
  if (!isAzure) client = (await startCloud({ operationDelayMs: 20 })).clientOf();
  else
    client = getClient(
      origin,
      { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
      { credentials: { scopes: ['https://management.azure.com/.default'] } },
    );
});
afterAll(async () => {
  if (!isAzure) return;
  await call(client, 'delete', lock, '2020-05-01');
  await call(client, 'delete', set, dns);
  await call(client, 'delete', rules, network);
});

const ask = (
  method: Parameters<typeof call>[1],
  path: string,
  version: string,
  options = {},
): Promise<Answer> => call(client, method, path, version, options);
const record = (value: string) => ({ properties: { TTL: 60, TXTRecords: [{ value: [value] }] } });
const until = async (path: string, version: string) => {
  const state = async () =>
    ((await ask('get', path, version)).body as { properties?: { provisioningState?: string } }).properties
      ?.provisioningState;
  await expect.poll(state, { timeout: 60_000, interval: isAzure ? 1000 : 10 }).toBe('Succeeded');
};

describe('ARM, as documented', () => {
  // "Record Sets - Create Or Update", "Protecting DNS zones and records: ETags"
  it('writes a record set under If-None-Match and If-Match, else 412', async () => {
    await ask('delete', set, dns);
    const made = await ask('put', set, dns, { body: record('one'), headers: { 'If-None-Match': '*' } });
    expect(made.status).toBe(201);
    expect(
      (await ask('put', set, dns, { body: record('two'), headers: { 'If-None-Match': '*' } })).status,
    ).toBe(412);
    const { etag } = made.body as { etag: string };
    expect((await ask('put', set, dns, { body: record('two'), headers: { 'If-Match': etag } })).status).toBe(
      200,
    );
    expect(
      (await ask('put', set, dns, { body: record('three'), headers: { 'If-Match': etag } })).status,
    ).toBe(412);
  });

  // "Security Rules - Create Or Update"
  it('takes PortForWAC into a security group, and no second rule of its priority', async () => {
    await ask('put', rules, network, { body: { location: 'westeurope' } });
    await until(rules, network);
    const properties = {
      protocol: 'Tcp',
      access: 'Allow',
      direction: 'Inbound',
      priority: 100,
      sourcePortRange: '*',
      destinationPortRange: '6516',
      sourceAddressPrefix: '*',
      destinationAddressPrefix: '*',
    };
    expect(
      (await ask('put', `${rules}/securityRules/PortForWAC`, network, { body: { properties } })).status,
    ).toBe(201);
    await until(`${rules}/securityRules/PortForWAC`, network);
    expect(await ask('put', `${rules}/securityRules/Other`, network, { body: { properties } })).toMatchObject(
      {
        status: 400,
        body: { error: { code: 'SecurityRuleConflict' } },
      },
    );
  });

  // "Lock your Azure resources to protect your infrastructure"
  it('refuses with 409 ScopeLocked what a lock keeps from being deleted', async () => {
    await ask('put', lock, '2020-05-01', { body: { properties: { level: 'CanNotDelete' } } });
    expect(await ask('delete', rules, network)).toMatchObject({
      status: 409,
      body: { error: { code: 'ScopeLocked' } },
    });
    await ask('delete', lock, '2020-05-01');
  });

  // "List Azure role assignments using the REST API", "Role Definitions - List"
  it('lists role definitions by name and assignments at a scope', async () => {
    const path = `${group}/providers/Microsoft.Authorization`;
    const query = { $filter: "roleName eq 'Reader'" };
    expect((await ask('get', `${path}/roleDefinitions`, authorization, { query })).body).toMatchObject({
      value: [{ name: 'acdd72a7-3385-48ef-bd42-f606fba81ae7' }],
    });
    const assigned = await ask('get', `${path}/roleAssignments`, authorization, {
      query: { $filter: 'atScope()' },
    });
    expect(assigned).toMatchObject({ status: 200, body: { value: expect.any(Array) } });
  });
});
