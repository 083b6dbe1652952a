import { beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, call, groupId, machineId, seed, startCloud, versions } from './cloud.ts';

const vm = `${groupId}/providers/Microsoft.Compute/virtualMachines/vm1`;
const cluster = `${groupId}/providers/Microsoft.AzureStackHCI/clusters/cluster1`;
const parameters = {
  publisher: 'Microsoft.AdminCenter',
  type: 'AdminCenter',
  settings: { port: '6516' },
  protectedSettings: { token: 'secret' },
};
const compute = '2024-07-01';
const hci = '2024-04-01';

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
  });
});

const as = (resourceId: string) => cloud.clientOf({ xms_mirid: resourceId });
const put = (path: string, version: string, body: object) =>
  call(cloud.clientOf(), 'put', path, version, { body });
const get = async (path: string, version: string, query: Record<string, string> = {}) =>
  await call(cloud.clientOf(), 'get', path, version, { query });
const goalState = async (resourceId: string) => {
  const path = `${resourceId}/providers/Microsoft.LocalTwin/goalState/default`;
  return (await call(as(resourceId), 'get', path, versions.twin)).body as {
    extensions: { sequence: number; deleting: boolean }[];
    runCommands: { sequence: number; script: string; parameters: object[] }[];
  };
};
const report = (resourceId: string, what: string, body: object) =>
  call(
    as(resourceId),
    'put',
    `${resourceId}/providers/Microsoft.LocalTwin/${what}/AdminCenter`,
    versions.twin,
    { body },
  );

describe.each([
  [
    'a virtual machine',
    vm,
    'extensions/AdminCenter',
    compute,
    { location: 'westeurope', properties: parameters },
  ],
  [
    'an HCI cluster',
    cluster,
    'arcSettings/default/extensions/AdminCenter',
    hci,
    { properties: { extensionParameters: parameters } },
  ],
])('%s that reads its goal state', (_, resourceId, path, version, body) => {
  const extension = `${resourceId}/${path}`;

  it('decides when its extension is there and when it is gone', async () => {
    expect((await goalState(resourceId)).extensions).toEqual([]);
    const begun = await put(extension, version, body);
    expect(begun.status).toBe(201);
    expect(begun.headers['azure-asyncoperation']).toContain('/operationStatuses/');
    const [goal] = (await goalState(resourceId)).extensions;
    expect(goal).toMatchObject({ settings: { port: '6516' }, protectedSettings: { token: 'secret' } });
    expect((await get(extension, version)).body).toMatchObject({
      properties: { provisioningState: 'Creating' },
    });
    await report(resourceId, 'extensionStatus', {
      sequence: goal?.sequence,
      status: 'success',
      message: 'running',
      version: '1.2.3',
    });
    const shown = await get(extension, version, { $expand: 'instanceView' });
    expect(shown.body).toMatchObject({ properties: { provisioningState: 'Succeeded' } });
    expect(JSON.stringify(shown.body)).toContain('"1.2.3"');
    expect(JSON.stringify(shown.body)).not.toContain('secret');
    expect((await put(extension, version, body)).status).toBe(200);
    expect((await goalState(resourceId)).extensions[0]?.sequence).toBe(goal?.sequence);

    expect((await call(cloud.clientOf(), 'delete', extension, version)).status).toBe(202);
    expect((await get(extension, version)).body).toMatchObject({
      properties: { provisioningState: 'Deleting' },
    });
    const [leaving] = (await goalState(resourceId)).extensions;
    expect(leaving?.deleting).toBe(true);
    const gone = { sequence: leaving?.sequence, status: 'success', message: '', removed: true };
    await report(resourceId, 'extensionStatus', gone);
    expect((await get(extension, version)).status).toBe(404);
  });

  it('is read and reported on by its own identity alone', async () => {
    const path = `${resourceId}/providers/Microsoft.LocalTwin/goalState/default`;
    expect((await call(as(machineId), 'get', path, versions.twin)).status).toBe(403);
  });
});

describe.each([
  ['an Arc machine', machineId, '2025-01-13'],
  ['a virtual machine', vm, compute],
])('a run command of %s', (_, resourceId, version) => {
  it('ends with the exit of its script, and its protected parameters are shown to the machine alone', async () => {
    await goalState(resourceId);
    const path = `${resourceId}/runCommands/AdminCenter`;
    const properties = {
      source: { script: 'exit 3' },
      protectedParameters: [{ name: 'settings', value: 'secret' }],
    };
    await put(path, version, { location: 'westeurope', properties });
    const [goal] = (await goalState(resourceId)).runCommands;
    expect(goal).toMatchObject({
      script: 'exit 3',
      parameters: [{ name: 'settings', value: 'secret' }],
    });
    await report(resourceId, 'runCommandStatus', {
      sequence: goal?.sequence,
      status: 'error',
      message: 'no space',
      exitCode: 3,
    });
    const { body } = await get(path, version, { $expand: 'instanceView' });
    expect(body).toMatchObject({
      properties: { instanceView: { executionState: 'Failed', exitCode: 3, error: 'no space' } },
    });
    expect(JSON.stringify(body)).not.toContain('secret');
    const foreign = { source: { scriptUri: 'https://elsewhere.example/x' } };
    expect((await put(path, version, { location: 'westeurope', properties: foreign })).status).toBe(400);
  });
});
