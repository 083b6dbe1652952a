import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconcile } from '#functions/begin-operation.ts';
import { orchestratorNames } from '#orchestrations/names.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

const input = { machineId, resourceId, subscriptionId, port: 6516, custody: 'vault', newName: false };
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const machine = async () => (await app.store.read(machineId, 'machine'))?.document;

async function setMachine(changes: Partial<MachineDocument>): Promise<void> {
  const found = await machine();
  if (found) await app.store.commit(machineId, [{ put: { ...found, ...changes } }]);
}

/** A crash after the record was written and before the orchestration was started. */
async function beginAndCrash(): Promise<string> {
  const start = app.client.startNew;
  app.client.startNew = () => Promise.reject(new Error('the process is gone'));
  await expect(app.begin('install', input)).rejects.toThrow('the process is gone');
  app.client.startNew = start;
  return (await machine())?.currentOperation?.id ?? '';
}

describe('one mutation per machine', () => {
  it('holds when two ask for the same at the same time: one operation, started once', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => app.begin('install', input)));
    expect(new Set(ids).size).toBe(1);
    await app.host.waitForCompletion(ids[0] ?? '');
    expect(app.activities.filter((name) => name === 'beginInstall')).toHaveLength(1);
  });

  it('holds when the second finds the record of the first and starts it before the first does', async () => {
    const start = app.client.startNew;
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    app.client.startNew = async (...given) => {
      app.client.startNew = start;
      begun.resolve();
      await gate.promise;
      return start(...given);
    };
    const first = app.begin('install', input);
    await begun.promise;
    const second = await app.begin('install', input);
    gate.resolve();
    expect(await first).toBe(second);
    await app.host.waitForCompletion(second);
    expect(app.activities.filter((name) => name === 'beginInstall')).toHaveLength(1);
  });

  it('holds when two ask for different things at the same time: one is refused', async () => {
    const results = await Promise.allSettled([
      app.begin('install', input),
      app.begin('uninstall', { machineId, resourceId }),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'operation_in_progress' });
  });

  it('is not held by an operation that has ended, although it is still on the machine', async () => {
    const first = await app.run('install', input);
    await setMachine({ currentOperation: { id: first.id, kind: 'install' } });
    const second = await app.run('uninstall', { machineId, resourceId });
    expect(second.status).toBe('succeeded');
    expect(await machine()).not.toHaveProperty('currentOperation');
  });

  it('is not held by an operation whose record has been forgotten', async () => {
    await setMachine({ currentOperation: { id: `${machineId}.forgotten`, kind: 'uninstall' } });
    expect((await app.run('install', input)).status).toBe('succeeded');
  });
});

describe('a crash between record and start', () => {
  it('is mended by the same request: it starts the operation that is on record', async () => {
    const id = await beginAndCrash();
    expect(await app.begin('install', { ...input, port: 443 })).toBe(id);
    await app.host.waitForCompletion(id);
    expect((await machine())?.extension).toMatchObject({ state: 'installed', port: 6516 });
  });

  it('is mended by whoever looks at the operation', async () => {
    const id = await beginAndCrash();
    const seen = await reconcile(app.ports, app.client, await app.operation(id));
    expect(seen.status).toBe('running');
    await app.host.waitForCompletion(id);
    expect((await app.operation(id)).status).toBe('succeeded');
  });
});

describe('an orchestration that ended without a word', () => {
  it('is told as interrupted, and frees the machine', async () => {
    app.resources.registered.clear();
    app.resources.slowness.reads = Number.POSITIVE_INFINITY;
    const id = await app.begin('install', input);
    await app.host.settled();
    await app.host.terminate(id, 'by an operator');
    await app.host.waitForCompletion(id);
    const seen = await reconcile(app.ports, app.client, await app.operation(id));
    expect(seen).toMatchObject({
      status: 'failed',
      error: { code: 'operation_interrupted', retryable: true },
    });
    expect(await machine()).not.toHaveProperty('currentOperation');
  });

  it('does not keep another operation from beginning', async () => {
    app.resources.registered.clear();
    app.resources.slowness.reads = Number.POSITIVE_INFINITY;
    const id = await app.begin('install', input);
    await app.host.settled();
    await app.host.terminate(id);
    await app.host.waitForCompletion(id);
    const next = await app.begin('uninstall', { machineId, resourceId });
    expect(next).not.toBe(id);
    await app.host.waitForCompletion(next);
    expect((await app.operation(next)).status).toBe('succeeded');
  });

  it('frees the machine of an operation that ended with its record left running', async () => {
    const id = await app.begin('install', input);
    await app.host.waitForCompletion(id);
    const { endedAt: _, ...ended } = await app.operation(id);
    await app.store.commit(machineId, [{ put: { ...ended, status: 'running' } }]);
    await setMachine({ currentOperation: { id, kind: 'install' } });
    const seen = await reconcile(app.ports, app.client, await app.operation(id));
    expect(seen.error?.code).toBe('operation_interrupted');
    expect(await machine()).not.toHaveProperty('currentOperation');
  });

  it('leaves an operation that runs as it is', async () => {
    app.resources.registered.clear();
    app.resources.slowness.reads = Number.POSITIVE_INFINITY;
    const id = await app.begin('install', input);
    await app.host.settled();
    const seen = await reconcile(app.ports, app.client, await app.operation(id));
    expect(seen.status).toBe('running');
    expect(app.host.status(id)).toMatchObject({
      name: orchestratorNames.installExtension,
      runtimeStatus: 'Running',
    });
  });
});
