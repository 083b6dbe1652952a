import { generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerAgentEnrolment } from '#functions/http/agent-enrolment.ts';
import { registerEndpoint } from '#functions/http/endpoint.ts';
import { registerExtension } from '#functions/http/extension.ts';
import { registerOperations } from '#functions/http/operations.ts';
import { registerRepairs } from '#functions/http/repairs.ts';
import { adoptInstalls } from '#functions/timers/adopt-installs.ts';
import { purgeCertificates } from '#functions/timers/purge-certificates.ts';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { DirectReach } from '#shared/domain/reach.ts';
import { issue, liveAgents, machineOf, runIssue } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { addInstalled } from '../support/fleet.ts';
import { callFunction } from '../support/function-app.ts';
import { tenantId } from '../support/memory-ports.ts';
import { grant, machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const engine = vi.hoisted(() => ({ client: undefined as unknown }));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => engine.client,
}));

const dayMs = 86_400_000;
const installer = { id: '00000000-0000-4000-8000-0000000000c3', name: 'installer@example.test' };
const quiet = { info() {}, warn() {}, error() {} };
let app: DurableApp;
registerExtension(() => app.ports);
registerEndpoint(() => app.ports);
registerRepairs(() => app.ports);
registerOperations(() => app.ports);
registerAgentEnrolment(() => app.ports);

beforeEach(async () => {
  app = await openDurableApp();
  engine.client = app.client;
  app.callers.set('installer', { ...installer, tenantId, isApplication: false, roles: [] });
  const actions = [
    'Microsoft.HybridCompute/machines/read',
    'Microsoft.HybridCompute/machines/extensions/write',
    'Microsoft.HybridConnectivity/endpoints/write',
  ];
  app.roles.held.set(installer.id, { grants: [grant('Contributor', { actions })], denials: [] });
});
afterEach(() => app.close());

async function call(name: string, method: string, body?: object, params: Record<string, string> = {}) {
  const answer = await callFunction(name, {
    method,
    params: { id: machineId, ...params },
    headers: { authorization: 'Bearer installer' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const told = typeof answer.body === 'string' ? (JSON.parse(answer.body) as unknown) : answer.body;
  return { status: answer.status, body: told as Record<string, unknown> };
}

/** The operation that a request began, at its end. */
async function ended(name: string, method: string, body?: object) {
  const answer = await call(name, method, body);
  expect(answer.status).toBe(202);
  const id = String(answer.body['id']);
  await app.host.waitForCompletion(id);
  return app.operation(id);
}
const put = (body: object = {}) => ended('installExtension_put', 'PUT', body);
const uninstall = () => ended('uninstallExtension_delete', 'DELETE');
const configure = (service: string, port: number) =>
  call('putServiceConfiguration', 'PUT', { properties: { serviceName: service, port } }, { service });

describe('an uninstall that is asked for', () => {
  it('requirement 58: leaves the endpoint, which can then be deleted on its own', async () => {
    await put();
    expect((await uninstall()).status).toBe('succeeded');
    expect((await call('getEndpoint', 'GET')).status).toBe(200);
    expect((await call('getServiceConfiguration', 'GET', undefined, { service: 'WAC' })).status).toBe(404);
    expect((await call('deleteEndpoint', 'DELETE')).status).toBe(204);
  });

  it('requirement 59: leaves an endpoint that SSH uses, which is not deleted as long as it does', async () => {
    await put();
    await configure('SSH', 22);
    await uninstall();
    expect(await call('deleteEndpoint', 'DELETE')).toMatchObject({
      status: 409,
      body: { code: 'endpoint_in_use' },
    });
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ SSH: 22 });
  });

  it('requirement 60: takes the configuration WAC alone, in Azure and on record', async () => {
    await put({ port: 443 });
    await configure('SSH', 2222);
    await uninstall();
    expect((await call('getServiceConfiguration', 'GET', undefined, { service: 'SSH' })).body).toMatchObject({
      properties: { port: 2222 },
    });
    expect((await machineOf(app))?.endpoint).toEqual({ enabled: true, services: { SSH: 2222 } });
  });
});

describe('an install after an uninstall', () => {
  it('takes another name, so that nothing of the old certificate stands in its way, or goes with it', async () => {
    await put();
    const before = (await machineOf(app))?.machineName ?? '';
    await uninstall();
    expect(await app.vault.findCertificate(`machine-${before}`)).toBeUndefined();
    expect((await put()).status).toBe('succeeded');
    const after = (await machineOf(app))?.machineName ?? '';
    expect(after).not.toBe(before);
    expect(app.vault.names().toSorted()).toEqual([`machine-${before}`, `machine-${after}`].toSorted());
    app.clock.advance(7 * dayMs);
    await purgeCertificates(app.ports, quiet);
    expect(app.vault.names()).toEqual([`machine-${after}`]);
    expect(await app.vault.findCertificate(`machine-${after}`)).toBeDefined();
  });
});

describe('an agent that lost its keys', () => {
  async function publicKey() {
    const { publicKey: key } = await generateKeyPair('ES256', { extractable: true });
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', key);
    return { kty, crv, x, y };
  }
  /** With new keys and the token that the machine was given last. */
  async function enrol() {
    const body = {
      resourceId,
      token: app.extension.deployments.at(-1)?.token,
      signingKey: await publicKey(),
      encryptionKey: await publicKey(),
      agentVersion: '1.0.0',
    };
    return call('agentEnrolment', 'POST', body);
  }

  beforeEach(async () => {
    await put();
  });

  it('is refused, and told to be repaired', async () => {
    const answer = await enrol();
    expect(answer).toMatchObject({ status: 403, body: { code: 'enrolment_refused' } });
    expect(answer.body['remedy']).toMatch(/repair/i);
  });

  it.each([
    ['a repair', () => ended('repairExtension_post', 'POST')],
    ['an uninstall and an install', () => uninstall().then(() => put())],
  ])('enrols with other keys after %s', async (_, mend) => {
    const before = (await app.store.read(machineId, 'agent'))?.document.signingKey;
    app.extension.machine.onInstall = async () => {
      expect((await enrol()).status).toBe(200);
      const found = await app.store.read(machineId, 'agent');
      await reportServing(app, { ...found?.document });
      const { signingKey } = (await app.store.read(machineId, 'agent'))?.document ?? {};
      expect(signingKey).not.toBe(before);
    };
    expect((await mend()).status).toBe('succeeded');
    expect((await enrol()).status).toBe(403);
  });
});

describe('another port', () => {
  const reach: DirectReach = {
    mode: 'direct',
    address: '203.0.113.7',
    isPublic: true,
    listenOn: '10.0.0.4',
  };
  const group = 'group-of-the-interface';
  const everywhere = async () => ({
    configuration: app.connectivity.endpoints.get(resourceId)?.WAC,
    record: (await machineOf(app))?.endpoint?.services.WAC,
    extension: (await machineOf(app))?.extension?.port,
    settings: app.extension.deployments.at(-1)?.settings.port,
  });
  const all = (port: number) => ({
    configuration: port,
    record: port,
    extension: port,
    settings: String(port),
  });

  beforeEach(() => liveAgents(app));

  it('requirement 50: is followed by configuration, record and extension; name and certificate stay', async () => {
    await put();
    const { machineName } = (await machineOf(app)) ?? {};
    await configure('SSH', 22);
    expect((await put({ port: 8443 })).status).toBe('succeeded');
    expect(await everywhere()).toEqual(all(8443));
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 8443, SSH: 22 });
    expect((await machineOf(app))?.machineName).toBe(machineName);
    expect(app.authority.issued).toHaveLength(1);
  });

  it('stays when nothing is said of it', async () => {
    await put({ port: 8443 });
    await put();
    expect(await everywhere()).toEqual(all(8443));
  });

  it('is the old one everywhere again when the change fails', async () => {
    await put();
    app.faults.fail('extension.beginInstall', new AppError('resource_manager_refused', 'no'), 1);
    expect((await put({ port: 8443 })).status).toBe('failed');
    expect(await everywhere()).toEqual(all(6516));
  });

  it('keeps live sessions: they are for a service, and the agent leads their next connection to the new port', async () => {
    await put();
    const now = Math.floor(app.clock.now() / 1000);
    const session: SessionDocument = {
      type: 'session',
      machineId,
      key: 's1',
      id: 's1',
      service: 'WAC',
      state: 'open',
      user: installer,
      createdAt: now,
      expiresAt: now + 3600,
    };
    await app.store.commit(machineId, [{ create: session }]);
    await put({ port: 8443 });
    expect((await app.store.read(machineId, 'session', 's1'))?.document).toMatchObject({ state: 'open' });
    expect(app.bus.toProxies).toEqual([]);
  });

  it('requirement 131: takes the rule of direct mode along, with its sources', async () => {
    const vm = resourceId.toLowerCase();
    app.network.addresses.set(vm, [
      { address: reach.address, isPublic: true, listenOn: reach.listenOn, interfaceGroup: group },
    ]);
    app.network.groups.set(group, []);
    const { grants = [], denials = [] } = app.roles.held.get(installer.id) ?? {};
    const network = grant('Network Contributor', { actions: ['Microsoft.Network/*'] }, '/');
    app.roles.held.set(installer.id, { grants: [...grants, network], denials });
    const { subscriptionId } = (await machineOf(app)) ?? { subscriptionId: '' };
    const input = { machineId, resourceId, subscriptionId, port: 6516, custody: 'vault', newName: false };
    await app.run('install', { ...input, reach, sources: ['198.51.100.0/24'] });
    await put({ port: 8443 });
    expect(await everywhere()).toEqual(all(8443));
    expect(app.network.groups.get(group)).toMatchObject([
      { name: 'PortForWAC', destinationPorts: ['8443'], sources: ['198.51.100.0/24'] },
    ]);
    expect((await machineOf(app))?.portRule).toMatchObject({ port: 8443, isOurs: true });
  });
});

describe('an install that a person asks for while the adoption runs', () => {
  it('requirement 53: is the adoption: one operation, with the port that was found', async () => {
    app.extension.states.set(resourceId, { state: 'succeeded', port: 7443, salt: 'of somebody else' });
    await adoptInstalls(app.ports, app.client, quiet);
    const running = (await machineOf(app))?.currentOperation?.id;
    expect((await put()).id).toBe(running);
    expect((await machineOf(app))?.extension).toMatchObject({ state: 'installed', port: 7443 });
  });

  it('is not begun again by itself when somebody called it off while it waited for its turn', async () => {
    const hourly = { capacity: 1, refillMs: 3_600_000, scope: 'zone', freeForReplacements: false } as const;
    app.authority.limits = [{ id: 'orders', title: 'Orders', ...hourly }];
    await runIssue(app, { ...issue, machineId: await addInstalled(app, 1) });
    app.extension.states.set(resourceId, { state: 'succeeded', port: 7443, salt: 'of somebody else' });
    await adoptInstalls(app.ports, app.client, quiet);
    const operationId = (await machineOf(app))?.currentOperation?.id ?? '';
    await vi.waitFor(async () => expect((await app.operation(operationId)).resumesAt).toBeDefined());
    expect((await call('cancelOperation_delete', 'DELETE', undefined, { operationId })).status).toBe(202);
    await app.host.waitForCompletion(operationId);
    expect((await app.operation(operationId)).error?.code).toBe('operation_cancelled');
    for (let hour = 0; hour < 50; hour += 1) {
      app.clock.advance(3_600_000);
      await adoptInstalls(app.ports, app.client, quiet);
    }
    expect(await machineOf(app)).not.toHaveProperty('currentOperation');
    liveAgents(app);
    expect((await put()).status).toBe('succeeded');
    expect((await machineOf(app))?.extension).toMatchObject({ port: 7443 });
  });
});
