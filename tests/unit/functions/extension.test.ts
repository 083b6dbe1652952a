import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerEndpoint } from '#functions/http/endpoint.ts';
import { registerExtension } from '#functions/http/extension.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { ExtensionState } from '#shared/ports/resource-manager.ts';
import { endpointReply, extensionReply, serviceConfigurationReply } from '#shared/protocol/api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, grant, machineId, resourceId } from '../../support/sample-machine.ts';

/** What Durable was asked for. */
const durable = vi.hoisted(() => ({ started: [] as { name: string; input: object }[] }));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async startNew(name: string, { input }: { input: object }) {
      durable.started.push({ name, input });
    },
    async getStatus() {
      return { runtimeStatus: 'Running' };
    },
  }),
}));

const clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
let memory: MemoryPorts;
registerExtension(() => memory.ports);
registerEndpoint(() => memory.ports);

const installer = { id: '00000000-0000-4000-8000-0000000000c3', name: 'installer@example.test' };

beforeEach(async () => {
  memory = createMemoryPorts(clock);
  durable.started.length = 0;
  await addMachine(memory);
  memory.callers.set('installer', { ...installer, tenantId, isApplication: false, roles: [] });
  const actions = [
    'Microsoft.HybridCompute/machines/read',
    'Microsoft.HybridCompute/machines/extensions/write',
    'Microsoft.HybridConnectivity/endpoints/write',
  ];
  memory.roles.held.set(installer.id, { grants: [grant('Contributor', { actions })], denials: [] });
});

async function call(name: string, method: string, body?: object, params: Record<string, string> = {}) {
  const answer = await callFunction(name, {
    method,
    params: { id: machineId, ...params },
    headers: { authorization: 'Bearer installer' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const told = answer.body;
  return { ...answer, body: typeof told === 'string' ? (JSON.parse(told) as object) : told };
}

describe('an install that is asked for', () => {
  it('requirement 26: is for the one machine of its address', async () => {
    expect((await call('installExtension_put', 'PUT', {})).status).toBe(202);
    expect(durable.started).toMatchObject([{ name: 'installExtension', input: { machineId, resourceId } }]);
  });

  it.each(['machines', 'resourceIds', 'resourceId', 'machineId'])(
    'requirement 26: takes no %s in its body',
    async (field) => {
      const answer = await call('installExtension_put', 'PUT', { [field]: [resourceId] });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } });
      expect(durable.started).toEqual([]);
    },
  );

  it('requirements 49 and 50: is for port 6516 when it names none', async () => {
    await call('installExtension_put', 'PUT', {});
    expect(durable.started).toMatchObject([{ input: { port: 6516 } }]);
  });

  it.each([1, 443, 65_535])('requirements 49 and 51: is for port %d when it names that', async (port) => {
    await call('installExtension_put', 'PUT', { port });
    expect(durable.started).toMatchObject([{ input: { port } }]);
  });

  it.each([0, 65_536, 443.5, '443', null])('requirement 49: is refused for port %j', async (port) => {
    const answer = await call('installExtension_put', 'PUT', { port });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'port' }] } });
  });
});

describe('the extension', () => {
  const seen: [ExtensionState, { provisioningState: string; message: string | null }][] = [
    [{ state: 'absent' }, { provisioningState: 'absent', message: null }],
    [
      { state: 'creating', detail: 'copying' },
      { provisioningState: 'creating', message: 'copying' },
    ],
    [
      { state: 'failed', detail: 'exit code 1603' },
      { provisioningState: 'failed', message: 'exit code 1603' },
    ],
    [
      { state: 'succeeded', detail: 'running', port: 6516, version: '1.0.0' },
      { provisioningState: 'succeeded', message: 'running' },
    ],
    [{ state: 'succeeded' }, { provisioningState: 'succeeded', message: null }],
    [
      { state: 'deleting', detail: 'stopping' },
      { provisioningState: 'deleting', message: 'stopping' },
    ],
  ];
  it.each(seen)(
    'requirement 57: is AdminCenter, with the platform’s own words: %j',
    async (state, expected) => {
      memory.extension.states.set(resourceId, state);
      const { status, body } = await call('getExtension', 'GET');
      expect(status).toBe(200);
      expect(extensionReply.parse(body)).toMatchObject({ name: 'AdminCenter', detailedStatus: expected });
    },
  );
});

describe('an endpoint', () => {
  const wac = { properties: { serviceName: 'WAC', port: 6516 } };
  const ssh = { properties: { serviceName: 'SSH', port: 22 } };
  const put = (service: string, body: object) => call('putServiceConfiguration', 'PUT', body, { service });
  const remove = (service: string) => call('deleteServiceConfiguration', 'DELETE', undefined, { service });

  beforeEach(async () => {
    await call('putEndpoint', 'PUT', { properties: { type: 'default' } });
  });

  it('requirement 5: is shown without an address', async () => {
    const { body } = await call('getEndpoint', 'GET');
    expect(body).toEqual(endpointReply.parse(body));
    expect(body).toMatchObject({ properties: { type: 'default', provisioningState: 'Succeeded' } });
    expect(Object.keys((body as { properties: object }).properties)).toHaveLength(2);
  });

  it('requirement 59: is not deleted while anybody uses it; the refusal says who', async () => {
    await put('SSH', ssh);
    await put('WAC', wac);
    const used = async () => call('deleteEndpoint', 'DELETE');
    expect(await used()).toMatchObject({
      status: 409,
      body: { code: 'endpoint_in_use', services: ['SSH', 'WAC'] },
    });
    expect((await remove('WAC')).status).toBe(204);
    expect(await used()).toMatchObject({ status: 409, body: { services: ['SSH'] } });
    expect(memory.connectivity.endpoints.get(resourceId)).toEqual({ SSH: 22 });
    expect((await remove('SSH')).status).toBe(204);
    expect((await used()).status).toBe(204);
    expect(memory.connectivity.endpoints.size).toBe(0);
    const found = await memory.store.read(machineId, 'machine');
    expect(found?.document.endpoint).toEqual({ enabled: false, services: {} });
  });

  it('requirement 42: keeps the port of one service when that of the other is set', async () => {
    await put('SSH', ssh);
    await put('WAC', wac);
    await put('WAC', { properties: { serviceName: 'WAC', port: 443 } });
    const { body } = await call('getServiceConfiguration', 'GET', undefined, { service: 'SSH' });
    expect(serviceConfigurationReply.parse(body)).toMatchObject({ properties: { port: 22 } });
    const found = await memory.store.read(machineId, 'machine');
    expect(found?.document.endpoint?.services).toEqual({ SSH: 22, WAC: 443 });
  });
});
