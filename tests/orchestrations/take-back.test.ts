import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { install, liveAgents, machineOf } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

let app: DurableApp;
const refused = new AppError('resource_manager_refused', 'no');

beforeEach(async () => {
  app = await openDurableApp();
  liveAgents(app);
});
afterEach(() => app.close());

const wasThere = 'it was there before the install, made by somebody else';

describe('a first install that fails', () => {
  it('says what it took back, in reverse order, and what it left and why', async () => {
    app.faults.fail('bus.sendToAgent', refused);
    const operation = await app.run('install', install);
    expect(operation.compensation).toEqual({
      undone: [
        'the extension AdminCenter',
        'the queue of the agent',
        'the DNS records and the relay connection of the name',
        'the service configuration WAC',
      ],
      left: [
        { what: 'the certificate', why: 'the next install uses it and orders no other' },
        { what: 'the endpoint', why: 'other experiences may use it, SSH for example' },
      ],
    });
  });

  it('requirement 53: leaves an extension that somebody else installed', async () => {
    app.extension.states.set(resourceId, { state: 'succeeded', port: 443 });
    app.faults.fail('bus.sendToAgent', refused);
    const operation = await app.run('install', { ...install, port: 443 });
    expect(operation.compensation?.left).toContainEqual({ what: 'the extension AdminCenter', why: wasThere });
    expect(app.extension.states.has(resourceId)).toBe(true);
    expect(app.faults.calls('extension.beginRemove')).toBe(0);
  });

  it('puts the port of a configuration back that was there before', async () => {
    app.connectivity.endpoints.set(resourceId, { WAC: 443, SSH: 22 });
    app.faults.fail('bus.sendToAgent', refused);
    const operation = await app.run('install', install);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 443, SSH: 22 });
    expect(operation.compensation?.left).toEqual(
      expect.arrayContaining([
        { what: 'the service configuration WAC', why: `${wasThere}; its port is 443 again` },
        { what: 'the endpoint', why: wasThere },
      ]),
    );
    expect(await machineOf(app)).toMatchObject({ endpoint: { services: { WAC: 443 } } });
  });

  it('knows what others made after a crash and a second try, too', async () => {
    app.connectivity.endpoints.set(resourceId, { WAC: 443 });
    // What an install of ours that was interrupted wrote: its record says what was there before it.
    const found = await machineOf(app);
    if (!found) throw new Error('no machine');
    await app.store.commit(machineId, [
      {
        put: {
          ...found,
          extension: { state: 'installing', port: 6516 },
          before: { endpoint: true, configuredPort: 443 },
          endpoint: { enabled: true, services: { WAC: 6516 } },
        },
      },
    ]);
    app.connectivity.endpoints.set(resourceId, { WAC: 6516 });
    app.faults.fail('bus.sendToAgent', refused);
    await app.run('install', install);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 443 });
  });

  it('forgets what it found: the next one looks again', async () => {
    app.connectivity.endpoints.set(resourceId, { WAC: 443 });
    app.faults.fail('bus.sendToAgent', refused, 1);
    await app.run('install', install);
    expect(await machineOf(app)).not.toHaveProperty('before');
  });

  it('goes on to the next part when one cannot be taken back', async () => {
    app.faults.fail('bus.sendToAgent', refused);
    app.faults.fail(
      'bus.removeAgentQueue',
      new AppError('configuration_incomplete', 'the namespace is gone'),
    );
    const operation = await app.run('install', install);
    expect(operation.compensation?.left).toContainEqual({ what: 'channels', why: 'the namespace is gone' });
    expect(app.dns.names.size).toBe(0);
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({});
  });
});
