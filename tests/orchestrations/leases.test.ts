import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLeasesOf } from '#orchestrations/lease-records.ts';
import { leasePartition, type SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { installed } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import {
  approver,
  decision,
  follow,
  holder,
  leaseId,
  leaseOn,
  minutesAfter,
  moveRecord,
  onNews,
  recordLease,
  toldKinds,
} from '../support/leases.ts';
import { administrator, machineId, resourceId } from '../support/sample-machine.ts';

let app: DurableApp;
beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const now = () => app.ports.now().toISOString();
const audited = async () =>
  (await app.store.list(machineId, 'audit', 50))
    .filter(({ action }) => action !== 'request test')
    .map(({ action, outcome, detail }) => ({ action, outcome, detail }))
    .toReversed();
const approve = async () => {
  await moveRecord(app, decision(true));
};

const sessionOf = (id: string, changes: Partial<SessionDocument> = {}): SessionDocument => ({
  type: 'session',
  key: id,
  id,
  machineId,
  service: 'WAC',
  user: holder,
  state: 'open',
  createdAt: app.clock.now() / 1000,
  expiresAt: app.clock.now() / 1000 + 10_000,
  ...changes,
});
const sessionStates = async () =>
  (await app.store.list(machineId, 'session', 10)).map(
    ({ id, state, end }) => `${id} ${state} ${end?.reason}`,
  );

describe('a lease', () => {
  it('requirement 96: starts with the word of somebody else, ends by itself, and its sessions with it', async () => {
    const { requestedAt } = await recordLease(app);
    onNews(app, {
      requested: approve,
      started: () =>
        app.store.commit(machineId, [
          { create: sessionOf('with-the-lease', { leaseId }) },
          { create: sessionOf('without-it') },
        ]),
    });
    const lease = await follow(app);
    expect(lease).toMatchObject({
      state: 'ended',
      startsAt: requestedAt,
      endsAt: minutesAfter(requestedAt, 60),
      end: { reason: 'expired', at: minutesAfter(requestedAt, 60) },
      ttlSeconds: 90 * 86_400,
    });
    expect(now()).toBe(lease.endsAt);
    expect(await sessionStates()).toEqual([
      'without-it open undefined',
      'with-the-lease revoked lease_ended',
    ]);
    expect(await audited()).toMatchObject([
      { action: 'lease start' },
      { action: 'lease end', detail: 'WAC for holder@example.test: expired' },
      { action: 'session end' },
    ]);
    expect(await app.store.list(leasePartition, 'lease-entry', 10)).toEqual([]);
    expect(await app.store.read(machineId, 'lease-claim', `WAC-${holder.id}`)).toBeUndefined();
  });

  it('lapses where nobody decides within a day', async () => {
    const { requestedAt } = await recordLease(app);
    const lease = await follow(app);
    expect(lease).toMatchObject({ state: 'lapsed', answerBy: minutesAfter(requestedAt, 24 * 60) });
    expect(now()).toBe(lease.answerBy);
    expect(lease).not.toHaveProperty('startsAt');
  });

  it('waits for the start that was wished for', async () => {
    const notBefore = minutesAfter(now(), 3 * 24 * 60);
    await recordLease(app, { notBefore });
    const started: string[] = [];
    onNews(app, { requested: approve, started: async () => void started.push(now()) });
    expect(await follow(app)).toMatchObject({ startsAt: notBefore, endsAt: minutesAfter(notBefore, 60) });
    expect(started).toEqual([notBefore]);
  });

  it('that is denied opens nothing', async () => {
    await recordLease(app);
    onNews(app, { requested: () => moveRecord(app, decision(false)) });
    expect(await follow(app)).toMatchObject({ state: 'denied', decision: { by: approver } });
    expect(toldKinds(app)).toEqual(['requested', 'denied']);
  });

  it('goes on to the end that an extension gave it, and tells of each end ten minutes before', async () => {
    const { requestedAt } = await recordLease(app);
    onNews(app, {
      requested: approve,
      ending: async () => {
        await moveRecord(app, (at) => ({ type: 'extend', minutes: 30, purpose: 'not done', at }));
        await moveRecord(app, decision(true, 'decideExtension'));
      },
    });
    expect(await follow(app)).toMatchObject({ endsAt: minutesAfter(requestedAt, 90), state: 'ended' });
    expect(app.bus.notifications.map(({ id, time }) => [id.replace(`${leaseId}:`, ''), time])).toEqual([
      ['requested:1', requestedAt],
      ['approved:1', requestedAt],
      ['started:1', requestedAt],
      ['ending:1', minutesAfter(requestedAt, 50)],
      ['extension-requested:1', minutesAfter(requestedAt, 50)],
      ['extended:1', minutesAfter(requestedAt, 50)],
      ['ending:2', minutesAfter(requestedAt, 80)],
      ['ended:1', minutesAfter(requestedAt, 90)],
    ]);
  });

  it('that is given back while the hint is lost is over for good with the next look', async () => {
    await recordLease(app, { minutes: 24 * 60 });
    await moveRecord(app, decision(true));
    const { notify } = app.bus;
    app.bus.notify = async (notification) => {
      await notify(notification);
      if (notification.type === 'admin-center.lease.started')
        await moveRecord(app, (at) => ({ type: 'end', reason: 'given_back', by: holder, at }));
    };
    expect(await follow(app)).toMatchObject({ state: 'ended', end: { reason: 'given_back', by: holder } });
    expect(toldKinds(app).at(-1)).toBe('ended');
  });

  it('ends with the machine that is uninstalled, whatever it waits for', async () => {
    await recordLease(app);
    onNews(app, { requested: () => endLeasesOf(app.ports, machineId, approver) });
    expect(await follow(app)).toMatchObject({ state: 'ended', end: { reason: 'uninstalled', by: approver } });
  });

  it('is ended by the uninstall itself, before anything is taken away', async () => {
    await installed(app);
    await recordLease(app);
    await moveRecord(app, decision(true));
    const states: string[] = [];
    app.faults.before('extension.beginRemove', async () => void states.push((await leaseOn(app)).state));
    const { status } = await app.run('uninstall', { machineId, resourceId });
    expect([status, states[0]]).toEqual(['succeeded', 'ended']);
    expect(await leaseOn(app)).toMatchObject({ end: { reason: 'uninstalled', by: administrator } });
    expect(await app.store.read(machineId, 'lease-claim', `WAC-${holder.id}`)).toBeUndefined();
  });
});

describe('a bus that is away', () => {
  const away = new AppError('message_bus_unavailable', 'Service Bus does not answer');

  it('holds up no start and no end, and is told all in the end', async () => {
    const { requestedAt } = await recordLease(app);
    await moveRecord(app, decision(true));
    app.faults.fail('bus.notify', away, 12);
    expect(await follow(app)).toMatchObject({ state: 'ended', end: { reason: 'expired' } });
    expect(toldKinds(app)).toEqual(['requested', 'approved', 'started', 'ending', 'ended']);
    const start = (await audited()).findIndex(({ action }) => action === 'lease start');
    const { at = '' } = (await app.store.list(machineId, 'audit', 50)).toReversed()[start + 1] ?? {};
    expect(Date.parse(at) - Date.parse(requestedAt)).toBeLessThan(10_000);
  });

  it('for good is on record', async () => {
    await recordLease(app);
    app.faults.fail('bus.notify', away);
    expect(await follow(app)).toMatchObject({ state: 'lapsed' });
    expect(await audited()).toContainEqual(
      expect.objectContaining({ action: 'lease notify', outcome: 'failed' }),
    );
  });
});
