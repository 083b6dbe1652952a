import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { install, installed, liveAgents, machineOf, recordOf } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { machineId, reportServing, resourceId } from '../support/sample-machine.ts';

let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  await installed(app);
});
afterEach(() => app.close());

const agentOf = async () => (await app.store.read(machineId, 'agent'))?.document;
const repair = () => app.run('repair', install);

describe('a repair', () => {
  it('requirements 56 and 112: takes the extension away and installs it again', async () => {
    const before = await machineOf(app);
    app.activities.length = 0;
    const operation = await repair();
    expect(operation).toMatchObject({ kind: 'repair', status: 'succeeded' });
    expect(operation.steps.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    const order = ['removeExtension', 'readExtension', 'forgetAgent', 'beginInstall', 'deployExtension'];
    expect(app.activities.filter((name) => order.includes(name))).toEqual(order);
    expect(await machineOf(app)).toMatchObject({
      machineName: before?.machineName,
      extension: { state: 'installed', port: 6516 },
    });
  });

  it('orders no certificate where the vault has the key', async () => {
    await repair();
    expect(app.authority.issued).toHaveLength(1);
    expect(await recordOf(app)).toMatchObject({ state: 'served' });
  });

  it('orders another where only the agent had the key', async () => {
    await app.run('install', { ...install, custody: 'machine' });
    const ordered = app.authority.issued.length;
    await app.run('repair', { ...install, custody: 'machine' });
    expect(app.authority.issued).toHaveLength(ordered + 1);
    expect(await recordOf(app)).toMatchObject({ state: 'served', leaf: { custody: 'machine' } });
  });

  it('lets an agent enrol that lost its keys', async () => {
    await reportServing(app, { signingKey: 'keys that are lost' });
    app.faults.before('extension.read', () => {});
    app.extension.machine.onInstall = async () => {
      // It enrols only where no other keys are on record.
      if ((await agentOf()) === undefined) await reportServing(app, { signingKey: 'new keys' });
    };
    expect(await repair()).toMatchObject({ status: 'succeeded' });
    expect(await agentOf()).toMatchObject({ signingKey: 'new keys' });
  });

  it('cuts nothing that is still open to others: endpoint, configuration and SSH stay', async () => {
    await app.connectivity.putServiceConfiguration(resourceId, 'SSH', 22);
    await repair();
    expect(app.connectivity.endpoints.get(resourceId)).toEqual({ WAC: 6516, SSH: 22 });
    expect(app.faults.calls('connectivity.removeServiceConfiguration')).toBe(0);
  });
});

describe('a repair that fails', () => {
  it.each(['extension.beginRemove', 'extension.beginInstall', 'dns.pointName'])(
    'requirement 56: at %s is finished by the next one, or by an install',
    async (method) => {
      for (const kind of ['repair', 'install'] as const) {
        app.faults.fail(method, new AppError('resource_manager_refused', 'no'), 1);
        expect(await repair()).toMatchObject({ status: 'failed' });
        expect(await machineOf(app)).toMatchObject({ extension: { state: 'failed' } });
        expect(await app.run(kind, install)).toMatchObject({ status: 'succeeded' });
        expect(await machineOf(app)).toMatchObject({ extension: { state: 'installed' } });
      }
    },
  );

  it('takes nothing away: name, records and certificate are there', async () => {
    app.faults.fail('extension.beginInstall', new AppError('resource_manager_refused', 'no'), 1);
    const operation = await repair();
    expect(operation).not.toHaveProperty('compensation');
    expect([...app.dns.names.keys()]).toHaveLength(2);
    expect(await recordOf(app)).toMatchObject({ state: 'served' });
  });

  it('of a machine whose first install failed needs no install before it', async () => {
    await app.run('uninstall', { machineId, resourceId });
    app.faults.fail('extension.beginInstall', new AppError('resource_manager_refused', 'no'), 1);
    expect(await app.run('install', install)).toMatchObject({ status: 'failed' });
    liveAgents(app);
    expect(await repair()).toMatchObject({ status: 'succeeded' });
  });
});
