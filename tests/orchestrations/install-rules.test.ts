import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginOperation } from '#functions/begin-operation.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { OperationDocument } from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { percentOf } from '#shared/domain/operation.ts';
import { install, liveAgents } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { administrator, machine, machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const minuteMs = 60_000;
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

/** A new machine of this subscription, and its install to the end. */
async function installNew(name: string, subscriptionId: string): Promise<OperationDocument> {
  const id = `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/${name}`;
  const known = { ...machine, machineId: machineIdOf(id), resourceId: id, subscriptionId };
  const [etag = ''] = await app.store.commit(known.machineId, [{ create: known }]);
  const input = { ...install, machineId: known.machineId, resourceId: id, subscriptionId };
  const request = { kind: 'install', input, requestedBy: administrator } as const;
  const begun = await beginOperation(app.ports, app.client, {
    machine: { document: known, etag },
    ...request,
  });
  await app.host.waitForCompletion(begun.id);
  return (await app.store.read(known.machineId, 'operation', begun.id))?.document ?? begun;
}

describe('step 1', () => {
  it('requirement 44: registers once for each subscription, however many machines it has', async () => {
    liveAgents(app);
    app.resources.registered.clear();
    const [one, other] = ['00000000-0000-4000-8000-000000000011', '00000000-0000-4000-8000-000000000012'];
    const registrations: number[] = [];
    for (const subscription of [one, one, other, other]) {
      const { status } = await installNew(`server-${registrations.length}`, subscription);
      expect(status).toBe('succeeded');
      registrations.push(app.faults.calls('resources.registerProvider'));
    }
    expect(registrations).toEqual([1, 1, 2, 2]);
    const namespaces = [one, other].map((subscription) => `${subscription} Microsoft.HybridConnectivity`);
    expect([...app.resources.registered]).toEqual(namespaces);
  });
});

describe('step 2', () => {
  it('requirement 46: is over before anything is put on the machine or said to it', async () => {
    let atStep3: object | undefined;
    app.faults.before('dns.pointName', () => {
      atStep3 ??= {
        services: { ...app.connectivity.endpoints.get(resourceId) },
        deployed: app.faults.calls('extension.beginInstall'),
        said: app.bus.toAgents.length,
      };
    });
    await app.run('install', install);
    expect(atStep3).toEqual({ services: { WAC: 6516 }, deployed: 0, said: 0 });
    expect(app.faults.calls('extension.beginInstall')).toBe(1);
  });

  it('requirement 59: takes an SSH configuration that others made into its record', async () => {
    app.connectivity.endpoints.set(resourceId, { SSH: 22 });
    await app.run('install', install);
    const machine = await app.store.read(machineId, 'machine');
    expect(machine?.document.endpoint?.services).toEqual({ SSH: 22, WAC: install.port });
  });

  it('requirement 42: sets its own port and keeps that of SSH', async () => {
    app.connectivity.endpoints.set(resourceId, { SSH: 22 });
    const found = await app.store.read(machineId, 'machine');
    if (!found) throw new Error('no machine');
    await app.store.commit(machineId, [
      { put: { ...found.document, endpoint: { enabled: true, services: { SSH: 22 } } } },
    ]);
    for (const port of [6516, 443]) {
      await app.run('install', { ...install, port });
      expect(app.connectivity.endpoints.get(resourceId)).toEqual({ SSH: 22, WAC: port });
      const { endpoint } = (await app.store.read(machineId, 'machine'))?.document ?? {};
      expect(endpoint?.services).toEqual({ SSH: 22, WAC: port });
    }
  });
});

describe('the port', () => {
  it.each([1, 443, 6516, 65_535])(
    'requirement 51: %d is the same in configuration, extension and record',
    async (port) => {
      expect((await app.run('install', { ...install, port })).status).toBe('succeeded');
      expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: port });
      expect(app.extension.deployments.map(({ settings }) => settings.port)).toEqual([String(port)]);
      const found = await app.store.read(machineId, 'machine');
      expect(found?.document).toMatchObject({
        extension: { port },
        endpoint: { services: { WAC: port } },
      });
    },
  );
});

describe('one install', () => {
  it('requirement 26: touches no other machine', async () => {
    liveAgents(app);
    const other = await installNew('other', install.subscriptionId);
    const before = await app.store.readTogether(other.machineId, [
      { type: 'machine' },
      { type: 'certificate' },
    ]);
    const names = [...app.dns.names.keys()];
    await app.run('install', install);
    const after = await app.store.readTogether(other.machineId, [
      { type: 'machine' },
      { type: 'certificate' },
    ]);
    expect(after).toEqual(before);
    expect([...app.dns.names.keys()].slice(0, names.length)).toEqual(names);
    const { resourceId: others = '' } = before[0]?.document ?? {};
    expect(app.extension.deployments.map((deployment) => deployment.resourceId)).toEqual([
      others,
      resourceId,
    ]);
    expect(new Set(app.dns.owners.values())).toEqual(new Set([other.machineId, machineId]));
  });

  it('requirement 55: has the same steps where Windows Admin Center is there already', async () => {
    const steps = async (): Promise<string[]> => {
      app.activities.length = 0;
      const operation = await app.run('install', install);
      expect(operation.status).toBe('succeeded');
      const order = ['registerProvider', 'deployEndpoint', 'deployExtension', 'recordInstalled'];
      return app.activities.filter((name) => order.includes(name));
    };
    const first = await steps();
    expect(first).toEqual(['registerProvider', 'deployEndpoint', 'deployExtension', 'recordInstalled']);
    expect(await steps()).toEqual(first);
  });
});

describe('an install that takes minutes', () => {
  /** What people read while it runs, minute by minute, until the machine is ready. */
  async function watch(readyAfterMinutes: number): Promise<OperationDocument[]> {
    const begun = app.clock.now();
    const seen: OperationDocument[] = [];
    let id = '';
    app.extension.machine.onInstall = async ({ resourceId: where }) => {
      app.extension.states.set(where, { state: 'creating' });
    };
    app.faults.before('extension.read', async () => {
      // What is there is read at the beginning, too.
      if (app.extension.deployments.length === 0) return;
      seen.push(await app.operation(id));
      if (app.clock.now() - begun < readyAfterMinutes * minuteMs) return;
      app.extension.states.set(resourceId, { state: 'succeeded', port: 6516 });
      await reportServing(app);
      await app.host.raiseEvent(id, agentReportedEvent, {});
    });
    id = await app.begin('install', install);
    await app.host.waitForCompletion(id);
    return [...seen, await app.operation(id)];
  }

  it.each([3, 10, 19])('requirement 52: is not called failed after %d of them', async (minutes) => {
    const seen = await watch(minutes);
    const last = seen.at(-1);
    expect(last).toMatchObject({ status: 'succeeded' });
    const tookMs = Date.parse(last?.endedAt ?? '') - Date.parse(last?.createdAt ?? '');
    expect(tookMs).toBeGreaterThanOrEqual(minutes * minuteMs);
    // Looked at twice a minute, and each time it says what it waits for.
    const meanwhile = seen.slice(0, -1);
    expect(meanwhile.length).toBeGreaterThanOrEqual(2 * minutes);
    const shown = meanwhile.map((operation) => ({
      status: operation.status,
      step: operation.steps[2]?.status,
      detail: operation.steps[2]?.detail,
      percent: percentOf(operation),
    }));
    const waiting = {
      status: 'running',
      step: 'running',
      detail: 'Waiting until the machine serves its certificate',
      percent: 83,
    };
    expect(shown).toEqual(shown.map(() => waiting));
  });

  it('requirement 52: ends after twenty without word of the machine, and says what was seen last', async () => {
    const last = (await watch(24 * 60)).at(-1);
    const tookMs = Date.parse(last?.endedAt ?? '') - Date.parse(last?.createdAt ?? '');
    expect(Math.floor(tookMs / minuteMs)).toBe(20);
    expect(last).toMatchObject({
      status: 'failed',
      error: {
        code: 'agent_not_serving',
        detail: 'after 20 minutes the machine takes up the extension',
        retryable: true,
      },
    });
  });
});
