import { expect } from 'vitest';
import { leasePartition } from '#shared/domain/documents.ts';
import type { DurableApp } from '../durable-app.ts';
import {
  decision,
  holder,
  leaseId,
  leaseOn,
  leaseRunId,
  moveRecord,
  onNews,
  recordLease,
  startFlow,
  toldKinds,
} from '../leases.ts';
import { machineId } from '../sample-machine.ts';
import type { CrashFlow } from './suite.ts';

/** A session that came by the lease. */
const openSession = (app: DurableApp) =>
  app.store.commit(machineId, [
    {
      put: {
        type: 'session',
        key: 'of-the-lease',
        id: 'of-the-lease',
        machineId,
        service: 'WAC',
        user: holder,
        state: 'open',
        createdAt: app.clock.now() / 1000,
        expiresAt: app.clock.now() / 1000 + 10_000,
        leaseId,
      },
    },
  ]);

async function begin(app: DurableApp): Promise<string> {
  await startFlow(app);
  return leaseRunId;
}

/** Nothing of it is left, whatever died on the way. */
async function expectNothingLeft(app: DurableApp): Promise<void> {
  expect(app.roleAssigner.assignments.size).toBe(0);
  expect(await app.store.list(leasePartition, 'lease-entry', 10)).toEqual([]);
  const session = await app.store.read(machineId, 'session', 'of-the-lease');
  expect(session?.document).toMatchObject({ state: 'revoked', end: { reason: 'lease_ended' } });
}

const withRole: CrashFlow = {
  title: 'a lease with a role, extended and given back',
  least: 12,
  async prepare(app) {
    Object.assign(app.ports.leases, { giveRole: true });
    await recordLease(app, { givesRole: true });
    onNews(app, {
      requested: () => moveRecord(app, decision(true)),
      async started() {
        expect(app.roleAssigner.assignments.size).toBe(1);
        await openSession(app);
      },
      async ending() {
        await moveRecord(app, (at) => ({ type: 'extend', minutes: 30, purpose: 'not done yet', at }));
        await moveRecord(app, decision(true, 'decideExtension'));
      },
      extended: () => moveRecord(app, (at) => ({ type: 'end', reason: 'given_back', by: holder, at })),
    });
  },
  begin,
  async expectDone(app) {
    await expectNothingLeft(app);
    const lease = await leaseOn(app);
    expect(lease).toMatchObject({ state: 'ended', end: { reason: 'given_back' } });
    expect(lease.assignment?.removedAt).toBeDefined();
    expect(toldKinds(app)).toEqual([
      'requested',
      'approved',
      'started',
      'ending',
      'extension-requested',
      'extended',
      'ended',
    ]);
  },
};

const byItself: CrashFlow = {
  title: 'a lease that ends by itself',
  least: 8,
  async prepare(app) {
    await recordLease(app);
    onNews(app, { requested: () => moveRecord(app, decision(true)), started: () => openSession(app) });
  },
  begin,
  async expectDone(app) {
    await expectNothingLeft(app);
    expect(await leaseOn(app)).toMatchObject({ state: 'ended', end: { reason: 'expired' } });
    expect(toldKinds(app)).toEqual(['requested', 'approved', 'started', 'ending', 'ended']);
  },
};

export const leaseFlows = [withRole, byItself];
