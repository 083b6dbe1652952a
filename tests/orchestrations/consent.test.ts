import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { HostCheck } from '#shared/domain/host-check.ts';
import { install, machineOf } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { administrator, machineId, reportServing } from '../support/sample-machine.ts';

const found = 'Windows Admin Center 2311 was installed by hand';
const byHand: HostCheck = { id: 'manual-install', ok: false, found };
const takenOver: HostCheck = { id: 'manual-install', ok: true, found: 'taken over' };
const consented = { ...install, consent: administrator };
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

/** An agent that finds this on its machine, and takes it over when that is wanted. */
function agentFinds(check: HostCheck): void {
  app.extension.machine.onInstall = () => reportServing(app, { checks: [check] });
  app.faults.before('extension.read', async () => {
    const machine = await machineOf(app);
    const agent = await app.store.read(machineId, 'agent');
    if (!machine?.replaceConsent || !agent) return;
    await reportServing(app, { checks: [takenOver] });
    await app.host.raiseEvent(machine.currentOperation?.id ?? '', agentReportedEvent, {});
  });
}

describe('requirement 54: a Windows Admin Center that was installed by hand', () => {
  it('stops an install that nobody consented to, and is left alone', async () => {
    agentFinds(byHand);
    const operation = await app.run('install', install);
    expect(operation).toMatchObject({
      status: 'failed',
      error: {
        code: 'consent_required',
        detail: found,
        facts: { lost: expect.stringContaining('manages this machine alone') },
      },
    });
    expect(operation.compensation?.undone).toContain('the extension AdminCenter');
    expect(await machineOf(app)).toMatchObject({
      manualInstallation: { found },
      extension: { state: 'failed' },
    });
  });

  it('is replaced with consent, which names who gave it', async () => {
    agentFinds(byHand);
    await app.run('install', install);
    let consent: unknown;
    app.faults.before('bus.sendToAgent', async () => {
      consent = (await machineOf(app))?.replaceConsent;
    });
    expect(await app.run('install', consented)).toMatchObject({ status: 'succeeded' });
    expect(consent).toMatchObject({ by: administrator });
    const machine = await machineOf(app);
    expect(machine).toMatchObject({ extension: { state: 'installed' } });
    expect(machine).not.toHaveProperty('manualInstallation');
    expect(machine).not.toHaveProperty('replaceConsent');
  });

  it('requirement 55: is installed over in the same steps', async () => {
    agentFinds(byHand);
    await app.run('install', consented);
    const withOne = app.activities.filter((name) => name !== 'readDelivery');
    const other = await openDurableApp();
    other.extension.machine.onInstall = () => reportServing(other);
    await other.run('install', install);
    expect(withOne).toEqual(other.activities.filter((name) => name !== 'readDelivery'));
    await other.close();
  });

  it('is waited for on Windows: an install does not end before the agent has looked', async () => {
    app.extension.machine.onInstall = async () => {
      await reportServing(app);
      const agent = await app.store.read(machineId, 'agent');
      if (!agent) throw new Error('no agent');
      const { checks: _, ...silent } = agent.document;
      await app.store.commit(machineId, [{ put: silent }]);
    };
    const id = await app.begin('install', install);
    app.faults.before('extension.read', async () => {
      const looks = app.activities.filter((name) => name === 'readDelivery').length;
      if (looks === 2) await reportServing(app, { checks: [byHand] });
    });
    await app.host.waitForCompletion(id);
    expect(await app.operation(id)).toMatchObject({ error: { code: 'consent_required' } });
  });

  it('does not hold up what is installed already', async () => {
    agentFinds(takenOver);
    await app.run('install', install);
    app.extension.machine.onInstall = () => reportServing(app, { checks: [byHand] });
    expect(await app.run('install', { ...install, port: 443 })).toMatchObject({ status: 'succeeded' });
  });
});
