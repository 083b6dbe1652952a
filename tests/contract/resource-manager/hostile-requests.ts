import fc from 'fast-check';
import { groupId, machineId, subscriptionId, zone } from './cloud.ts';

/** Requests of any form, most of them nearly right: only those get past the first check. */

const words = [
  'subscriptions',
  subscriptionId,
  'resourceGroups',
  'rg-local',
  'providers',
  'Microsoft.Network',
  'Microsoft.Authorization',
  'Microsoft.HybridCompute',
  'machines',
  'sample-1',
  'extensions',
  'dnszones',
  zone,
  'TXT',
  'networkSecurityGroups',
  'securityRules',
  'roleAssignments',
  'locks',
  'register',
  'operationStatuses',
  '%zz',
  '%2f',
  '%00',
  '..',
  '@',
  '*',
  '',
];
const located = { location: 'westeurope', properties: {} };
const txt = { properties: { TTL: 60, TXTRecords: [{ value: ['x'] }] } };
const rule = { protocol: 'Tcp', access: 'Allow', direction: 'Inbound', priority: 100 };
const ranges = { sourcePortRange: '*', destinationPortRange: '6516' };
const prefixes = { sourceAddressPrefix: '*', destinationAddressPrefix: '*' };
const extension = { ...located, properties: { publisher: 'p', type: 't' } };
const assignment = {
  roleDefinitionId: '/x/acdd72a7-3385-48ef-bd42-f606fba81ae7',
  principalId: '00000000-0000-4000-8000-0000000000a1',
};

/** Path, version and a body that would be taken. */
const known: readonly (readonly [string, string, object])[] = [
  [`${groupId}/providers/Microsoft.Network/dnszones/${zone}/TXT/a`, '2018-05-01', txt],
  [`${groupId}/providers/Microsoft.Network/dnszones/${zone}/CNAME/a`, '2018-05-01', txt],
  [`${groupId}/providers/Microsoft.Network/networkSecurityGroups/g`, '2024-05-01', located],
  [
    `${groupId}/providers/Microsoft.Network/networkSecurityGroups/g/securityRules/r`,
    '2024-05-01',
    { properties: { ...rule, ...ranges, ...prefixes } },
  ],
  [
    `${groupId}/providers/Microsoft.Network/networkInterfaces/n`,
    '2024-05-01',
    { ...located, properties: { ipConfigurations: [{ name: 'ip', properties: {} }] } },
  ],
  [`${groupId}/providers/Microsoft.Compute/virtualMachines/v`, '2024-07-01', located],
  [`${groupId}/providers/Microsoft.Compute/virtualMachines/v/start`, '2024-07-01', {}],
  [`${groupId}/providers/Microsoft.Compute/virtualMachines/v/extensions/e`, '2024-07-01', extension],
  [`${groupId}/providers/Microsoft.AzureStackHCI/clusters/c`, '2024-04-01', located],
  [
    `${groupId}/providers/Microsoft.AzureStackHCI/clusters/c/arcSettings/default`,
    '2024-04-01',
    { properties: { connectivityProperties: { enabled: true } } },
  ],
  [
    `${groupId}/providers/Microsoft.AzureStackHCI/clusters/c/arcSettings/default/extensions/e`,
    '2024-04-01',
    { properties: { extensionParameters: extension.properties } },
  ],
  [`${machineId}/extensions/e`, '2024-07-10', extension],
  [`/subscriptions/${subscriptionId}/providers/Microsoft.HybridConnectivity/register`, '2021-04-01', {}],
  [
    `${machineId}/providers/Microsoft.HybridConnectivity/endpoints/default`,
    '2023-03-15',
    { properties: { type: 'default' } },
  ],
  [`${machineId}/providers/Microsoft.HybridConnectivity/endpoints/default/listCredentials`, '2023-03-15', {}],
  [
    `${machineId}/providers/Microsoft.HybridConnectivity/endpoints/default/listManagedProxyDetails`,
    '2023-03-15',
    { service: '127.0.0.1:6516' },
  ],
  [`${machineId}/providers/Microsoft.Authorization/roleAssignments`, '2022-04-01', {}],
  [
    `${machineId}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001`,
    '2022-04-01',
    { properties: assignment },
  ],
  [
    `${machineId}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/00000000-0000-4000-8000-000000000002`,
    '2020-10-01',
    { properties: { ...assignment, requestType: 'AdminAssign' } },
  ],
  [
    `${groupId}/providers/Microsoft.Authorization/locks/l`,
    '2020-05-01',
    { properties: { level: 'CanNotDelete' } },
  ],
  [
    `${groupId}/providers/Microsoft.Relay/namespaces/local/hybridConnections/h`,
    '2021-11-01',
    { properties: {} },
  ],
  [
    `/subscriptions/${subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values`,
    '2015-04-01',
    {},
  ],
];
const filters = [
  'atScope()',
  "assignedTo('00000000-0000-4000-8000-0000000000a1')",
  "principalId eq 'x'",
  "roleName eq 'Reader'",
  "eventTimestamp ge '2020-01-01T00:00:00Z'",
  "resourceGroupName eq 'rg-local'",
  ' and ',
  ' AND ',
  "'",
];
const properties = {
  TTL: fc.oneof(fc.integer(), fc.string({ maxLength: 4 })),
  TXTRecords: fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(fc.record({ value: fc.array(fc.string({ maxLength: 300 }), { maxLength: 3 }) }), {
      maxLength: 3,
    }),
  ),
  CNAMERecord: fc.oneof(fc.jsonValue(), fc.constant({ cname: 'target.localhost' })),
  securityRules: fc.oneof(fc.jsonValue(), fc.constant([{ name: 'r', properties: { priority: 100 } }])),
  ipConfigurations: fc.jsonValue(),
  networkProfile: fc.jsonValue(),
  extensionParameters: fc.jsonValue(),
  connectivityProperties: fc.jsonValue(),
  type: fc.constantFrom<unknown>('default', 'custom', 't', 7, null),
  publisher: fc.constantFrom<unknown>('p', '', 7),
  level: fc.constantFrom<unknown>('CanNotDelete', 'ReadOnly', 'None', {}),
  roleDefinitionId: fc.constantFrom<unknown>('/x/acdd72a7-3385-48ef-bd42-f606fba81ae7', '', 1),
  principalId: fc.constantFrom<unknown>('00000000-0000-4000-8000-0000000000a1', 'x'),
  requestType: fc.constantFrom('AdminAssign', 'AdminRemove', 'Else'),
  scheduleInfo: fc.oneof(
    fc.jsonValue(),
    fc.record({
      expiration: fc.record({
        type: fc.constantFrom('AfterDuration', 'AfterDateTime', 'NoExpiration'),
        duration: fc.oneof(
          fc.string(),
          fc.constantFrom('PT1H', 'P', 'P1Y2M3W4DT5H6M7S', `P${'9'.repeat(400)}D`),
        ),
      }),
    }),
  ),
};
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom('', '{', '[]', 'null', '{"properties":null}', '{"__proto__":{"a":1}}'),
  fc
    .record(
      {
        location: fc.constantFrom<unknown>('westeurope', 7, null),
        tags: fc.oneof(fc.jsonValue(), fc.constant({ a: 'b' })),
        properties: fc.record(properties, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
);
const nonsense = fc
  .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 }).map(encodeURIComponent)), {
    maxLength: 12,
  })
  .map((segments) => ({ path: `/${segments.join('/')}`, version: '2021-04-01', good: '' }));
const target = fc.oneof(
  nonsense,
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...known)
      .map(([path, version, good]) => ({ path, version, good: JSON.stringify(good) })),
  },
  fc
    .tuple(fc.constantFrom(...known), fc.constantFrom(...words))
    .map(([[path, version], word]) => ({ path: `${path}/${word}`, version, good: '' })),
);
/** Mostly nothing, so that most requests get past the first check. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const version = seldom(fc.oneof(fc.constantFrom('2018-05-01', '2024-13-99'), fc.string()));
const query = fc.record(
  {
    $filter: fc.oneof(
      fc.array(fc.constantFrom(...filters), { maxLength: 4 }).map((parts) => parts.join('')),
      fc.string(),
    ),
    $top: fc.constantFrom('1', '0', '-1', '99999999', 'x'),
    $skipToken: fc.string(),
    expiresin: fc.constantFrom('600', '599', '10800', '10801', 'x'),
  },
  { requiredKeys: [] },
);

export interface HostileRequest {
  method: string;
  path: string;
  query: string;
  body: string;
  ifMatch: string | undefined;
}

export const hostileRequests: fc.Arbitrary<HostileRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'PUT', 'PUT', 'PUT', 'POST', 'PATCH', 'DELETE', 'TRACE'),
    target,
    version,
    query: seldom(query),
    body: fc.option(body, { nil: undefined }),
    ifMatch: seldom(fc.constantFrom('*', '"x"', 'W/"y", z', '')),
  })
  .map(
    ({
      method,
      target: { path, version: right, good },
      version: wrong,
      query: more,
      body: other,
      ifMatch,
    }) => ({
      method,
      path,
      query: new URLSearchParams({ ...more, 'api-version': wrong ?? right }).toString(),
      body: other ?? good,
      ifMatch,
    }),
  );
