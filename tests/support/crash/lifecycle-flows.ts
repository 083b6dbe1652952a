import { expect } from 'vitest';
import { adoptInstalls } from '#functions/timers/adopt-installs.ts';
import { reapOrphans } from '#functions/timers/reap-orphans.ts';
import { retiredCertificatePartition } from '#shared/domain/documents.ts';
import type { DurableApp } from '../durable-app.ts';
import { machineId, resourceId } from '../sample-machine.ts';
import { dayMs, expectServed, expectSucceeded, installed, liveAgents, machineOf, recordOf } from './stage.ts';
import type { CrashFlow } from './suite.ts';

const quiet = { info() {}, warn() {}, error() {} };

/** What a timer began on the machine. */
async function begunBy(app: DurableApp, timer: () => Promise<void>): Promise<string> {
  await timer();
  const id = (await machineOf(app))?.currentOperation?.id;
  if (id === undefined) throw new Error('the timer began nothing');
  return id;
}

const adoption: CrashFlow = {
  title: 'the adoption of an extension that others installed',
  least: 20,
  async prepare(app) {
    liveAgents(app);
    app.extension.states.set(resourceId, { state: 'succeeded', port: 7443, salt: 'of somebody else' });
  },
  begin: (app) => begunBy(app, () => adoptInstalls(app.ports, app.client, quiet)),
  async expectDone(app) {
    await expectSucceeded(app, 'install');
    await expectServed(app, 1);
    expect(await machineOf(app)).toMatchObject({ extension: { state: 'installed', port: 7443 } });
  },
};

const reaping: CrashFlow = {
  title: 'the cleaning up after a machine that was deleted',
  least: 8,
  async prepare(app) {
    await installed(app);
    app.resources.machines.delete(resourceId.toLowerCase());
    app.extension.states.delete(resourceId);
    app.connectivity.endpoints.delete(resourceId);
    await reapOrphans(app.ports, app.client, quiet);
    app.clock.advance(4 * dayMs);
  },
  begin: (app) => begunBy(app, () => reapOrphans(app.ports, app.client, quiet)),
  async expectDone(app) {
    await expectSucceeded(app, 'uninstall');
    expect(await recordOf(app)).toBeUndefined();
    expect(app.dns.names.size + app.relay.connections.size + app.bus.queues.size).toBe(0);
    expect(await app.store.list(retiredCertificatePartition, 'retired-certificate', 10)).toHaveLength(1);
    const [certificate = ''] = app.vault.names();
    expect(await app.vault.findCertificate(certificate)).toBeUndefined();
    expect((await app.store.read(machineId, 'machine'))?.document).not.toHaveProperty('machineName');
  },
};

export const lifecycleFlows = [adoption, reaping];
