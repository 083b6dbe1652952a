import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { install } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { machine as bare, machineId, resourceId } from '../support/sample-machine.ts';

const uninstall = { machineId, resourceId };
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  await app.run('install', install);
});
afterEach(() => app.close());

const machine = async () => (await app.store.read(machineId, 'machine'))?.document;

/** SSH beside ours, on the provider and on record. */
async function addSsh(): Promise<void> {
  await app.connectivity.putServiceConfiguration(resourceId, 'SSH', 22);
  const found = await machine();
  if (!found) throw new Error('no machine');
  const endpoint = { enabled: true, services: { WAC: 6516, SSH: 22 } };
  await app.store.commit(machineId, [{ put: { ...found, endpoint } }]);
}

describe('an uninstall', () => {
  it('requirements 58-60: takes our configuration away, and leaves the endpoint and SSH', async () => {
    await addSsh();
    const operation = await app.run('uninstall', uninstall);
    expect(operation.status).toBe('succeeded');
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ SSH: 22 });
    expect(app.faults.calls('connectivity.removeEndpoint')).toBe(0);
    expect((await machine())?.endpoint).toEqual({ enabled: true, services: { SSH: 22 } });
  });

  it('requirements 58 and 60: leaves an endpoint that nobody uses any more', async () => {
    await app.run('uninstall', uninstall);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({});
    expect(app.faults.calls('connectivity.removeEndpoint')).toBe(0);
  });

  it('requirement 58: leaves nothing else of the install', async () => {
    await app.run('uninstall', uninstall);
    const { endpoint, ...rest } = (await machine()) ?? {};
    expect(rest).toEqual(bare);
    expect(endpoint).toEqual({ enabled: true, services: {} });
    const left = await app.store.readTogether(machineId, [
      { type: 'certificate' },
      { type: 'agent' },
      { type: 'enrolment' },
    ]);
    expect(left).toEqual([undefined, undefined, undefined]);
    const held = [app.dns.names, app.dns.texts, app.relay.connections, app.bus.queues, app.extension.states];
    expect(held.map(({ size }) => size)).toEqual([0, 0, 0, 0, 0]);
  });

  it('requirement 56: that failed is finished by the next one, wherever it failed', async () => {
    const places = [
      'extension.beginRemove',
      'connectivity.removeServiceConfiguration',
      'bus.removeAgentQueue',
      'dns.removeName',
      'relay.removeConnection',
      'vault.disableCertificate',
    ];
    const failures: (string | undefined)[] = [];
    for (const place of places) {
      app.faults.fail(place, new AppError('resource_manager_refused', place), 1);
      failures.push((await app.run('uninstall', uninstall)).error?.detail);
    }
    expect(failures).toEqual(places);
    expect((await app.run('uninstall', uninstall)).status).toBe('succeeded');
    const { endpoint: _, ...rest } = (await machine()) ?? {};
    expect(rest).toEqual(bare);
    expect((await app.run('uninstall', uninstall)).status).toBe('succeeded');
  });
});
