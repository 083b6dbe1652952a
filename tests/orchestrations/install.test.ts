import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { AppError } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const input: InstallExtensionInput = {
  machineId,
  resourceId,
  subscriptionId,
  port: 6516,
  custody: 'vault',
  newName: false,
};
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const machine = async () => (await app.store.read(machineId, 'machine'))?.document;
const refused = new AppError('resource_manager_refused', 'no');

describe('an install', () => {
  it('requirement 43: registers, deploys the endpoint and installs, in this order', async () => {
    const operation = await app.run('install', input);
    const issue = [
      'describeTurn',
      'reserveTurn',
      'placeOrder',
      'publishChallenges',
      'answerChallenges',
      'readOrder',
      'finalizeOrder',
      'readOrder',
      'readOrder',
      'keepCertificate',
      'removeChallenges',
      'settleTurn',
    ];
    expect(app.activities).toEqual([
      'beginInstall',
      'registerProvider',
      'deployEndpoint',
      'claimName',
      'prepareChannels',
      ...issue,
      'deployExtension',
      'readDelivery',
      'recordInstalled',
      'completeOperation',
    ]);
    expect(operation).toMatchObject({
      status: 'succeeded',
      resource: `/api/machines/${machineId}/extension`,
      steps: [
        { name: 'Register the resource provider', status: 'succeeded' },
        { name: 'Deploy the endpoint', status: 'succeeded' },
        { name: 'Install the agent', status: 'succeeded' },
      ],
    });
  });

  it('requirement 61: ends with name, relay, queue, certificate and extension, and frees the machine', async () => {
    await app.run('install', input);
    const found = await machine();
    const machineName = found?.machineName ?? '';
    expect(found).toMatchObject({
      extension: { state: 'installed', port: 6516 },
      endpoint: { enabled: true, services: { WAC: 6516 } },
    });
    expect(found).not.toHaveProperty('currentOperation');
    expect(machineName).toMatch(/^[a-z2-7]{26}$/);
    expect([...app.dns.names.keys()]).toEqual([machineName, `*.${machineName}`]);
    expect([...app.relay.connections]).toEqual([machineName]);
    expect([...app.bus.queues]).toEqual([machineId]);
    const certificate = await app.store.read(machineId, 'certificate');
    expect(certificate?.document).toMatchObject({
      state: 'served',
      leaf: { machineName, hostNames: [`${machineName}.wac.test`, `*.${machineName}.wac.test`] },
    });
    expect(app.dns.texts.size).toBe(0);
  });

  it('requirements 45, 47 and 50: gives the endpoint the port as a number and the extension as text', async () => {
    await app.run('install', { ...input, port: 443 });
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 443 });
    expect(app.extension.deployments).toMatchObject([{ settings: { port: '443' } }]);
  });

  it('requirement 44: asks a subscription whose provider is slow until it is registered', async () => {
    app.resources.registered.clear();
    app.resources.slowness.reads = 4;
    const operation = await app.run('install', input);
    expect(operation.status).toBe('succeeded');
    expect(app.faults.calls('resources.registerProvider')).toBe(1);
    expect(app.activities.filter((name) => name === 'readProvider')).toHaveLength(5);
  });

  it('gives up on a provider that is not registered after a quarter of an hour', async () => {
    app.resources.registered.clear();
    app.resources.slowness.reads = Number.POSITIVE_INFINITY;
    const operation = await app.run('install', input);
    expect(operation).toMatchObject({
      status: 'failed',
      error: { code: 'provider_registration_timeout', retryable: true },
      steps: [{ status: 'failed' }, { status: 'waiting' }, { status: 'waiting' }],
    });
    expect(app.connectivity.endpoints.size).toBe(0);
  });

  it('keeps name, certificate and token when it is repeated', async () => {
    await app.run('install', input);
    const before = await machine();
    await app.run('install', input);
    const after = await machine();
    expect(after?.machineName).toBe(before?.machineName);
    expect(app.authority.issued).toHaveLength(1);
    const [first, second] = app.extension.deployments;
    expect(second).toEqual(first);
  });

  it('is the same operation when it is begun twice at a time, and refuses another kind', async () => {
    const id = await app.begin('install', input);
    expect(await app.begin('install', input)).toBe(id);
    await expect(app.begin('uninstall', { machineId, resourceId })).rejects.toMatchObject({
      code: 'operation_in_progress',
      facts: { operationId: id },
    });
    await app.host.waitForCompletion(id);
    expect(app.extension.deployments).toHaveLength(1);
  });
});

describe('a first install that fails', () => {
  it('requirement 58: takes back what it made and keeps the endpoint', async () => {
    app.faults.fail('extension.beginInstall', refused);
    const operation = await app.run('install', input);
    expect(operation).toMatchObject({
      status: 'failed',
      error: { code: 'resource_manager_refused', hop: 'resource manager' },
      steps: [{ status: 'succeeded' }, { status: 'succeeded' }, { status: 'failed', detail: 'no' }],
    });
    expect(app.dns.names.size).toBe(0);
    expect(app.relay.connections.size).toBe(0);
    expect(app.bus.queues.size).toBe(0);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({});
    expect(await machine()).toMatchObject({
      extension: { state: 'failed' },
      endpoint: { enabled: true, services: {} },
    });
    expect(await machine()).not.toHaveProperty('currentOperation');
  });

  it('requirement 59: leaves the service configurations of others alone', async () => {
    app.connectivity.endpoints.set(resourceId, { SSH: 22 });
    app.faults.fail('extension.beginInstall', refused);
    await app.run('install', input);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ SSH: 22 });
  });

  it('requirement 56: is finished by the next one, with the certificate that it had issued', async () => {
    app.faults.fail('extension.beginInstall', refused, 1);
    await app.run('install', input);
    const second = await app.run('install', input);
    expect(second.status).toBe('succeeded');
    expect(app.authority.issued).toHaveLength(1);
  });

  it('forgets the agent that enrolled, so that the next one can enrol with keys of its own', async () => {
    app.extension.machine.onInstall = () => reportServing(app, { servingThumbprint: 'another' });
    const first = await app.run('install', input);
    expect(first).toMatchObject({ error: { code: 'agent_not_serving' } });
    expect(await app.store.read(machineId, 'agent')).toBeUndefined();
    expect(await app.store.read(machineId, 'enrolment')).toBeUndefined();
  });

  it('is not on record as installed, wherever it failed', async () => {
    app.faults.fail('resources.providerState', refused);
    await app.run('install', input);
    expect(await machine()).toMatchObject({ extension: { state: 'failed' } });
  });

  it('is not on record as installed when it could not even begin', async () => {
    let reads = 0;
    app.faults.before('store.read', () => {
      // The first read is of the operation that shows its progress, the second of the machine.
      if ((reads += 1) === 2) throw new AppError('configuration_incomplete', 'the database refuses the app');
    });
    await app.run('install', input);
    expect(app.activities.slice(0, 2)).toEqual(['beginInstall', 'recordFailed']);
    expect(await machine()).toMatchObject({ extension: { state: 'failed' } });
  });

  it('says what failed first when taking back fails too', async () => {
    app.faults.fail('extension.beginInstall', refused);
    app.faults.fail('extension.beginRemove', new AppError('resource_manager_refused', 'neither'));
    const operation = await app.run('install', input);
    expect(operation).toMatchObject({
      status: 'failed',
      error: { detail: 'no' },
      compensation: {
        undone: [
          'the queue of the agent',
          'the DNS records and the relay connection of the name',
          'the service configuration WAC',
        ],
        left: [
          { what: 'extension', why: 'neither' },
          { what: 'the certificate', why: 'the next install uses it and orders no other' },
          { what: 'the endpoint', why: 'other experiences may use it, SSH for example' },
        ],
      },
    });
    expect(await machine()).toMatchObject({ extension: { state: 'failed' } });
  });

  it('names the failure of the extension on the machine', async () => {
    app.extension.machine.onInstall = async () => {
      app.extension.states.set(resourceId, { state: 'failed', detail: 'exit code 1603' });
    };
    const operation = await app.run('install', input);
    expect(operation.error).toMatchObject({ code: 'extension_failed', detail: 'exit code 1603' });
  });
});

describe('a repeated install that fails', () => {
  beforeEach(async () => {
    await app.run('install', input);
    app.faults.fail('extension.beginInstall', refused);
  });

  it('takes nothing away', async () => {
    const before = { names: [...app.dns.names], queues: [...app.bus.queues] };
    const operation = await app.run('install', input);
    expect(operation.status).toBe('failed');
    expect({ names: [...app.dns.names], queues: [...app.bus.queues] }).toEqual(before);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 6516 });
    expect(await app.store.read(machineId, 'agent')).toBeDefined();
    expect(await machine()).toMatchObject({ extension: { state: 'installed', port: 6516 } });
  });

  it('brings back the port that worked', async () => {
    await app.run('install', { ...input, port: 6600 });
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 6516 });
    expect(await machine()).toMatchObject({
      extension: { state: 'installed', port: 6516 },
      endpoint: { services: { WAC: 6516 } },
    });
  });
});
