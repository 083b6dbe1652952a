import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renewDue } from '#functions/timers/renew-certificates.ts';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { IssueCertificateInput } from '#orchestrations/issue-certificate/orchestrator.ts';
import { operationId, orchestratorNames } from '#orchestrations/names.ts';
import { takeMachine } from '#orchestrations/records.ts';
import { createTrackOperationActivities } from '#orchestrations/track-operation/activities.ts';
import { AppError } from '#shared/domain/error.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { addInstalled, reportAllServing } from '../support/fleet.ts';
import { administrator } from '../support/sample-machine.ts';

const dayMs = 86_400_000;
const count = 6;
let app: DurableApp;
let machineIds: string[];
let said: string[];

/** Installed machines whose certificates are 60 days old and due now. */
beforeEach(async () => {
  app = await openDurableApp();
  said = [];
  machineIds = [];
  app.faults.before('extension.read', () => reportAllServing(app));
  for (let index = 0; index < count; index += 1) {
    const machineId = await addInstalled(app, index);
    const machine = (await app.store.read(machineId, 'machine'))?.document;
    app.extension.states.set(machine?.resourceId ?? '', { state: 'succeeded' });
    const input: IssueCertificateInput = {
      machineId,
      machineName: machine?.machineName ?? '',
      custody: 'vault',
      isInstall: true,
    };
    const id = await app.host.start(orchestratorNames.issueCertificate, { input });
    await app.host.waitForCompletion(id);
    await serve(machineId);
    machineIds.push(machineId);
  }
  app.clock.advance(60 * dayMs + 1_000);
  app.activities.length = 0;
});
afterEach(() => app.close());

const record = async (machineId: string) => (await app.store.read(machineId, 'certificate'))?.document;
async function serve(machineId: string): Promise<void> {
  const thumbprint = (await record(machineId))?.leaf?.thumbprint ?? '';
  await moveCertificate(app.ports, machineId, { type: 'serve', thumbprint });
}
const log = (...text: unknown[]) => void said.push(text.join(' '));
async function sweep(): Promise<void> {
  await renewDue(app.ports, app.client, { info: log, warn: log });
  const minute = app.ports.now().toISOString().slice(0, 16);
  if (app.host.status(`renewals-${minute}`)) await app.host.waitForCompletion(`renewals-${minute}`);
}
const ages = async () =>
  Promise.all(
    machineIds.map(
      async (id) => app.clock.now() - Date.parse((await record(id))?.leaf?.issuedAt ?? '') < dayMs,
    ),
  );

describe('a sweep', () => {
  it('requirement 67: renews everything that is due, and each is seen served', async () => {
    await sweep();
    expect(await ages()).toEqual(Array.from({ length: count }, () => true));
    for (const id of machineIds) expect(await record(id)).toMatchObject({ state: 'served' });
    expect(app.authority.issued).toHaveLength(2 * count);
    expect(said.join()).toContain(`${count} of ${count} due`);
  });

  it('of a minute is one sweep, however often the timer fires', async () => {
    await Promise.all([
      renewDue(app.ports, app.client, { info: log, warn: log }),
      renewDue(app.ports, app.client, { info: log, warn: log }),
    ]);
    await sweep();
    expect(app.authority.issued).toHaveLength(2 * count);
  });

  it('goes on when one certificate fails (acmebot defect 1)', async () => {
    app.faults.fail('dns.addTextValues', new AppError('dns_zone_missing', 'as the test wants it'), 1);
    await sweep();
    expect((await ages()).filter(Boolean)).toHaveLength(count - 1);
    const failed = (await app.store.listCertificates()).filter(({ failure }) => failure);
    expect(failed).toMatchObject([{ state: 'waiting', failure: { code: 'dns_zone_missing', count: 1 } }]);
  });

  it('does not wait for one that hangs before it starts the next (acmebot defect 3)', async () => {
    const [first = ''] = machineIds;
    const began: string[] = [];
    // The first machine never reports: its renewal waits twenty minutes for it.
    app.faults.before('extension.read', async () => {
      await reportAllServing(app);
      const agent = (await app.store.read(first, 'agent'))?.document;
      if (agent) await app.store.commit(first, [{ put: { ...agent, servingThumbprint: 'old' } }]);
    });
    app.faults.before('authority.finalizeOrder', () => void began.push(app.ports.now().toISOString()));
    await sweep();
    expect(new Set(began.map((at) => at.slice(0, 16))).size).toBeLessThanOrEqual(2);
    expect((await ages()).every(Boolean)).toBe(true);
    expect(await record(first)).toMatchObject({ state: 'issued', failure: { code: 'agent_not_serving' } });
  });

  it('leaves what another operation holds, and what is no longer due when its turn comes', async () => {
    const { takeForRenewal } = createTrackOperationActivities(app.ports);
    const [first = '', second = ''] = machineIds;
    const machine = await app.store.read(first, 'machine');
    if (!machine) throw new Error('no machine');
    const at = app.ports.now().toISOString();
    const held = { id: operationId(first, 'held'), kind: 'install' as const };
    await takeMachine(app.ports, machine, { ...held, input: {}, requestedBy: administrator, at });
    expect(await takeForRenewal({ operationId: operationId(first, 'x'), input: {} })).toEqual({
      taken: false,
    });
    expect(await takeForRenewal({ operationId: held.id, input: {} })).toEqual({ taken: true });

    const { leaf } = (await record(second)) ?? {};
    await moveCertificate(app.ports, second, {
      type: 'advise',
      thumbprint: leaf?.thumbprint ?? '',
      failures: 0,
      dueAt: new Date(app.clock.now() + dayMs).toISOString(),
    });
    expect(await takeForRenewal({ operationId: operationId(second, 'x'), input: {} })).toEqual({
      taken: false,
    });
  });

  it('is held by no operation that has ended or is forgotten, although it is still on the machine', async () => {
    const [first = ''] = machineIds;
    const machine = await app.store.read(first, 'machine');
    if (!machine) throw new Error('no machine');
    const forgotten = { id: operationId(first, 'forgotten'), kind: 'install' as const };
    await app.store.commit(first, [{ put: { ...machine.document, currentOperation: forgotten } }]);
    const before = (await record(first))?.leaf?.thumbprint;
    await sweep();
    expect((await record(first))?.leaf?.thumbprint).not.toBe(before);
    expect((await app.store.read(first, 'machine'))?.document).not.toHaveProperty('currentOperation');
  });

  it('gives up the certificate of a machine that has no name any more', async () => {
    const [first = ''] = machineIds;
    const machine = await app.store.read(first, 'machine');
    if (!machine) throw new Error('no machine');
    const { machineName: _, ...bare } = machine.document;
    await app.store.commit(first, [{ put: bare }]);
    await sweep();
    expect((await record(first))?.state).toBe('withdrawn');
  });

  it('gives up the certificate of a machine that is not installed any more', async () => {
    const [first = ''] = machineIds;
    const machine = await app.store.read(first, 'machine');
    if (!machine) throw new Error('no machine');
    const { extension: _, ...bare } = machine.document;
    await app.store.commit(first, [{ put: bare }]);
    await sweep();
    expect((await record(first))?.state).toBe('withdrawn');
    expect(await app.store.findDue(app.ports.now().toISOString(), 10)).toEqual([]);
  });

  it('keeps what happened when the operations are long forgotten (acmebot defect 10)', async () => {
    await sweep();
    const [first = ''] = machineIds;
    expect(await app.store.list(first, 'operation', 10)).not.toEqual([]);
    app.clock.advance(45 * dayMs);
    expect(await app.store.list(first, 'operation', 10)).toEqual([]);
    const actions = (await app.store.list(first, 'audit', 50)).map(({ action }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['renew end', 'certificate issued', 'certificate served']),
    );
  });

  it('says of one that ended before it was renewed that it has expired, and renews it', async () => {
    app.clock.advance(40 * dayMs);
    await sweep();
    const [first = ''] = machineIds;
    const actions = (await app.store.list(first, 'audit', 50)).map(({ action }) => action);
    expect(actions).toContain('certificate expired');
    expect((await record(first))?.state).toBe('served');
  });
});
