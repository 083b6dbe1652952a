import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { type Cloud, call, machineId, startCloud, versions } from './cloud.ts';

const clock = createManualClock(Date.now());
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ clock });
});

interface Goal {
  name: string;
  sequence: number;
  settings: Record<string, unknown>;
  protectedSettings: Record<string, unknown>;
  deleting: boolean;
}

const extension = `${machineId}/extensions/AdminCenter`;
const wanted = (settings: Record<string, unknown> = { port: '6516' }) => ({
  location: 'westeurope',
  properties: {
    publisher: 'Microsoft.AdminCenter',
    type: 'AdminCenter',
    settings,
    protectedSettings: { token: 'secret-token' },
  },
});
const put = (body: unknown = wanted()) =>
  call(cloud.clientOf(), 'put', extension, versions.machines, { body });
const read = async () => {
  const { status, body } = await call(cloud.clientOf(), 'get', extension, versions.machines);
  return { status, ...(body as { properties: Record<string, unknown> }) };
};

/** The machine's own calls. */
const asMachine = () => cloud.clientOf({ xms_mirid: machineId.toLowerCase() });
const goalState = async (query: Record<string, string> = {}) => {
  const path = `${machineId}/providers/Microsoft.LocalTwin/goalState/default`;
  const { body } = await call(asMachine(), 'get', path, versions.twin, { query });
  return (body as { extensions: Goal[] }).extensions;
};
const report = (body: unknown, client = asMachine()) =>
  call(
    client,
    'put',
    `${machineId}/providers/Microsoft.LocalTwin/extensionStatus/AdminCenter`,
    versions.twin,
    { body },
  );

const operationStatus = async (url: string | undefined) => {
  const token = await cloud.entra.mint({ aud: cloud.arm.origin });
  const reply = await fetch(url ?? '', { headers: { authorization: `Bearer ${token}` } });
  return (await reply.json()) as { status: string; error?: { message: string } };
};

/** Brings the machine back to having no extension. */
beforeEach(async () => {
  await call(cloud.clientOf(), 'delete', extension, versions.machines);
  for (const { sequence, deleting } of await goalState())
    if (deleting) await report({ sequence, status: 'success', message: 'gone', removed: true });
});

describe('an extension', () => {
  it('is there only once the machine has reported it', async () => {
    const begun = await put();
    expect(begun.status).toBe(202);
    const operation = begun.headers['azure-asyncoperation'];
    expect(begun.headers['retry-after']).toBe('0');
    expect(begun.body).toMatchObject({
      properties: { provisioningState: 'Creating', settings: { port: '6516' } },
    });
    expect(JSON.stringify(begun.body)).not.toContain('secret-token');
    expect(await operationStatus(operation)).toMatchObject({ status: 'InProgress' });

    const [goal] = await goalState();
    expect(goal).toMatchObject({
      name: 'AdminCenter',
      settings: { port: '6516' },
      protectedSettings: { token: 'secret-token' },
      deleting: false,
    });
    await report({ sequence: goal?.sequence, status: 'transitioning', message: 'downloading' });
    expect(await operationStatus(operation)).toMatchObject({ status: 'InProgress' });
    await report({ sequence: goal?.sequence, status: 'success', message: 'serving', version: '1.2.3' });
    expect(await operationStatus(operation)).toMatchObject({ status: 'Succeeded' });
    const shown = await read();
    expect(shown.properties).toMatchObject({
      provisioningState: 'Succeeded',
      typeHandlerVersion: '1.2.3',
      instanceView: { status: { code: 'success', level: 'Information', message: 'serving' } },
    });
    expect(JSON.stringify(shown)).not.toContain('secret-token');
  });

  it('is asked for twice with one goal, and again after a failure with a new one', async () => {
    const first = await put();
    const again = await put();
    expect(again.headers['azure-asyncoperation']).toBe(first.headers['azure-asyncoperation']);
    const [goal] = await goalState();
    await report({ sequence: goal?.sequence, status: 'error', message: 'disk full' });
    expect(await operationStatus(first.headers['azure-asyncoperation'])).toMatchObject({
      status: 'Failed',
      error: { message: 'disk full' },
    });
    expect((await read()).properties).toMatchObject({ provisioningState: 'Failed' });
    expect((await put()).status).toBe(202);
    const [next] = await goalState();
    expect(next?.sequence).toBeGreaterThan(goal?.sequence ?? 0);
    await report({ sequence: next?.sequence, status: 'success', message: '' });
    expect((await put()).status).toBe(200);
  });

  it('takes new settings, and a report on the old ones is stale', async () => {
    const first = await put();
    const [goal] = await goalState();
    await put(wanted({ port: '443' }));
    expect(await operationStatus(first.headers['azure-asyncoperation'])).toMatchObject({
      status: 'Canceled',
    });
    const stale = await report({ sequence: goal?.sequence, status: 'success', message: '' });
    expect(stale).toMatchObject({ status: 409, body: { error: { code: 'StaleSequence' } } });
    expect((await goalState())[0]?.settings).toEqual({ port: '443' });
  });

  it('goes only once the machine has removed it', async () => {
    await put();
    const gone = await call(cloud.clientOf(), 'delete', extension, versions.machines);
    expect(gone.status).toBe(202);
    expect((await read()).properties).toMatchObject({ provisioningState: 'Deleting' });
    expect((await put()).status).toBe(409);
    const [goal] = await goalState();
    expect(goal?.deleting).toBe(true);
    await report({ sequence: goal?.sequence, status: 'success', message: '', removed: true });
    expect((await read()).status).toBe(404);
    expect(await operationStatus(gone.headers['azure-asyncoperation'])).toMatchObject({
      status: 'Succeeded',
    });
    expect((await call(cloud.clientOf(), 'delete', extension, versions.machines)).status).toBe(204);
  });

  it('refuses a port-like typing error in its own fields', async () => {
    const { properties } = wanted();
    const refused = await put({ location: 'westeurope', properties: { ...properties, setings: {} } });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('setings') } },
    });
  });
});

describe('a machine', () => {
  it('waits for a change and is woken by it', async () => {
    await put();
    const [goal] = await goalState();
    const before = cloud.arm.calls.count('GET goalState');
    const waiting = goalState({ after: String(goal?.sequence) });
    await expect.poll(() => cloud.arm.calls.count('GET goalState')).toBeGreaterThan(before);
    await put(wanted({ port: '22' }));
    expect((await waiting)[0]?.settings).toEqual({ port: '22' });
  });

  it('is answered after 20 seconds of the clock although nothing changed', async () => {
    await put();
    const [goal] = await goalState();
    const waiting = goalState({ after: String(goal?.sequence) });
    await expect.poll(() => clock.next()).toBeDefined();
    clock.advance(20_000);
    expect((await waiting)[0]?.sequence).toBe(goal?.sequence);
  });

  it('reads and reports for itself alone', async () => {
    await put();
    const [goal] = await goalState();
    const other = cloud.clientOf({ xms_mirid: `${machineId}-other` });
    expect((await report({ sequence: goal?.sequence, status: 'success', message: '' }, other)).status).toBe(
      403,
    );
    expect((await report({ sequence: goal?.sequence, status: 'done', message: '' })).status).toBe(400);
  });

  it('shows the facts of its agent', async () => {
    const { body } = await call(cloud.clientOf(), 'get', machineId, versions.machines);
    expect(body).toMatchObject({
      identity: { type: 'SystemAssigned' },
      properties: {
        status: 'Connected',
        osSku: 'Windows Server 2022 Datacenter',
        detectedProperties: { totalPhysicalMemoryInBytes: '8589934592' },
      },
    });
  });
});
