import { DefaultAzureCredential } from '@azure/identity';
import { beforeAll, describe, expect, it } from 'vitest';
import { beginOperation } from '#functions/begin-operation.ts';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmHybridConnectivity } from '#shared/adapters/azure/arm-hybrid-connectivity.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import type { MachineDocument, OperationDocument } from '#shared/domain/documents.ts';
import { parseMachineResource } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { install } from '../../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../../support/durable-app.ts';
import { reportAllServing } from '../../support/fleet.ts';
import { administrator } from '../../support/sample-machine.ts';
import { type Cloud, call, groupId, machineId, seed, startCloud, subscriptionId, versions } from './cloud.ts';

const vm = `${groupId}/providers/Microsoft.Compute/virtualMachines/vm1`;
const cluster = `${groupId}/providers/Microsoft.AzureStackHCI/clusters/cluster1`;
const hci = '2024-04-01';
const compute = '2024-07-01';

interface Target {
  resourceId: string;
  /** Where its extension lies, below it, and how ARM has its parameters there. */
  extension: string;
  apiVersion: string;
  parametersOf(body: unknown): unknown;
}

const flat = (body: unknown) => (body as { properties: unknown }).properties;
const nested = (body: unknown) =>
  (body as { properties: { extensionParameters: unknown } }).properties.extensionParameters;
const kinds: [string, Target][] = [
  [
    'an Arc machine',
    {
      resourceId: machineId,
      extension: 'extensions/AdminCenter',
      apiVersion: versions.machines,
      parametersOf: flat,
    },
  ],
  [
    'an Azure VM',
    { resourceId: vm, extension: 'extensions/AdminCenter', apiVersion: compute, parametersOf: flat },
  ],
  [
    'an HCI cluster',
    {
      resourceId: cluster,
      extension: 'arcSettings/default/extensions/AdminCenter',
      apiVersion: hci,
      parametersOf: nested,
    },
  ],
];

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({
    seed: [
      ...seed,
      { id: vm, body: { location: 'westeurope', properties: { provisioningState: 'Succeeded' } } },
      { id: cluster, body: { location: 'westeurope', properties: { provisioningState: 'Succeeded' } } },
      {
        id: `${cluster}/arcSettings/default`,
        body: { properties: { connectivityProperties: { enabled: true } } },
      },
    ],
    registrationDelayMs: 0,
    operationDelayMs: 0,
  });
});

const read = async (path: string, version: string) =>
  (await call(cloud.clientOf(), 'get', path, version)).body;

/** The machine takes up its extension, as the platform's own agent on it does for Arc, and serves what is newest. */
async function actAsMachine(app: DurableApp, { resourceId }: Target): Promise<void> {
  if (resourceId === machineId) {
    const client = cloud.clientOf({ xms_mirid: machineId });
    const twin = `${machineId}/providers/Microsoft.LocalTwin`;
    const { body } = await call(client, 'get', `${twin}/goalState/default`, versions.twin);
    const [goal] = (body as { extensions: { sequence: number; deleting?: boolean }[] }).extensions;
    if (goal) {
      const status = { sequence: goal.sequence, status: 'success', message: 'running' };
      const given = goal.deleting ? { ...status, removed: true } : status;
      await call(client, 'put', `${twin}/extensionStatus/AdminCenter`, versions.twin, { body: given });
    }
  }
  await reportAllServing(app);
}

const createArm = () =>
  createArmClient({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com/',
    credential: new DefaultAzureCredential(),
  });

/** The app's flows on the adapters of Resource Manager; the other ports are in memory. */
async function openApp(target: Target): Promise<DurableApp> {
  const app = await openDurableApp();
  const arm = createArm();
  const extension = createArmMachineExtension({ arm });
  app.ports.resources = createArmResourceManager({ arm });
  app.ports.connectivity = createArmHybridConnectivity({ arm });
  app.ports.extension = {
    ...extension,
    async read(resourceId) {
      await actAsMachine(app, target);
      return extension.read(resourceId);
    },
  };
  return app;
}

async function run(
  app: DurableApp,
  { resourceId }: Target,
  kind: 'install' | 'uninstall',
  port: number,
): Promise<OperationDocument> {
  const id = machineIdOf(resourceId);
  const { kind: machineKind, name } = parseMachineResource(resourceId);
  const known: MachineDocument = {
    type: 'machine',
    machineId: id,
    resourceId,
    kind: machineKind,
    displayName: name,
    subscriptionId,
  };
  if (!(await app.store.read(id, 'machine'))) await app.store.commit(id, [{ create: known }]);
  const machine = await app.store.read(id, 'machine');
  if (!machine) throw new Error('no machine');
  const input =
    kind === 'install'
      ? { ...install, machineId: id, resourceId, subscriptionId, port }
      : { machineId: id, resourceId };
  const begun = await beginOperation(app.ports, app.client, {
    machine,
    kind,
    input,
    requestedBy: administrator,
  });
  await app.host.waitForCompletion(begun.id, { timeoutMs: 20_000 });
  return (await app.store.read(id, 'operation', begun.id))?.document ?? begun;
}

describe.each(kinds)('%s', (_, target) => {
  const endpoint = `${target.resourceId}/providers/Microsoft.HybridConnectivity/endpoints/default`;
  const configuration = `${endpoint}/serviceConfigurations/WAC`;
  const extension = `${target.resourceId}/${target.extension}`;

  it('requirements 27, 43-45, 47, 50 and 58: is installed on in three steps, and uninstalled from', async () => {
    const app = await openApp(target);
    const installed = await run(app, target, 'install', 6516);
    expect(installed.error).toBeUndefined();
    expect(installed.steps.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(await read(configuration, versions.connectivity)).toMatchObject({
      properties: { serviceName: 'WAC', port: 6516 },
    });
    const body = await read(extension, target.apiVersion);
    expect(target.parametersOf(body)).toMatchObject({
      publisher: 'Microsoft.AdminCenter',
      type: 'AdminCenter',
      settings: { port: '6516', controlPlane: 'https://api.test' },
    });
    expect(JSON.stringify(body)).not.toMatch(/token|protected/i);

    // Another port, then uninstall; the endpoint stays.
    expect((await run(app, target, 'install', 443)).error).toBeUndefined();
    expect(await read(configuration, versions.connectivity)).toMatchObject({ properties: { port: 443 } });
    expect(target.parametersOf(await read(extension, target.apiVersion))).toMatchObject({
      settings: { port: '443' },
    });
    expect((await run(app, target, 'uninstall', 0)).error).toBeUndefined();
    const gone = await Promise.all(
      [
        [configuration, versions.connectivity],
        [extension, target.apiVersion],
        [endpoint, versions.connectivity],
      ].map(async ([path = '', version = '']) => (await call(cloud.clientOf(), 'get', path, version)).status),
    );
    expect(gone).toEqual([404, 404, 200]);
    await app.close();
  });

  it('requirements 5 and 46: has an endpoint that is no more than a name: no address, nothing on the machine', async () => {
    const sent: object[] = [];
    const arm = createArm();
    const connectivity = createArmHybridConnectivity({
      arm: {
        ...arm,
        send(request) {
          sent.push({ [`${request.method} ${request.path}`]: request.body });
          return arm.send(request);
        },
      },
    });
    await connectivity.putEndpoint(target.resourceId);
    await connectivity.putServiceConfiguration(target.resourceId, 'WAC', 6516);
    expect(sent).toEqual([
      { [`PUT ${endpoint}`]: { properties: { type: 'default' } } },
      { [`PUT ${configuration}`]: { properties: { serviceName: 'WAC', port: 6516 } } },
    ]);
    expect(await read(endpoint, versions.connectivity)).toMatchObject({
      properties: { type: 'default', provisioningState: 'Succeeded' },
    });
    expect((await call(cloud.clientOf(), 'get', extension, target.apiVersion)).status).toBe(404);
  });
});

it('requirement 44: the subscription was registered once for all of them', () => {
  expect(cloud.arm.calls.count('POST provider register')).toBe(1);
});
