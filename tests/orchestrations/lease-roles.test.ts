import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { leaseAssignmentOf } from '#shared/protocol/lease-assignment.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import {
  decision,
  follow,
  holder,
  leaseId,
  leaseOn,
  minuteMs,
  minutesAfter,
  moveRecord,
  onNews,
  recordLease,
  toldKinds,
} from '../support/leases.ts';
import { grant, machine, machineId, resourceId } from '../support/sample-machine.ts';

let app: DurableApp;
beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const now = () => app.ports.now().toISOString();
const approve = async () => {
  await moveRecord(app, decision(true));
};

describe('a lease that comes with a role', () => {
  const refused = new AppError('resource_manager_refused', 'PUT: 403 AuthorizationFailed', {
    facts: { armStatus: 403 },
  });
  const assigned = () => [...app.roleAssigner.assignments.values()];
  beforeEach(() => {
    Object.assign(app.ports.leases, { giveRole: true });
  });

  it('gives it at the start, under a name that is on record before, and takes it back', async () => {
    await recordLease(app, { givesRole: true });
    const seen: unknown[] = [];
    app.faults.before('roleAssigner.assign', async () => void seen.push((await leaseOn(app)).assignment));
    onNews(app, { requested: approve, started: async () => void seen.push(assigned()) });
    const lease = await follow(app);
    const id = expect.stringMatching(
      /^\/subscriptions\/.*\/machines\/web-01\/providers\/Microsoft\.Authorization\/roleAssignments\/[0-9a-f-]{36}$/,
    );
    const roleDefinitionId = expect.stringMatching(/roleDefinitions\/a6333a3e-0164-44c3-b281-7a577aff287f$/);
    expect(seen).toMatchObject([
      { id, roleDefinitionId },
      [{ id, roleDefinitionId, principalId: holder.id, description: `Admin Center lease ${leaseId}` }],
    ]);
    expect(lease.assignment).toEqual({ id, roleDefinitionId, removedAt: lease.endsAt });
    expect(assigned()).toEqual([]);
    expect(app.roles.forgotten).toEqual([holder.id, holder.id, holder.id]);
  });

  it('looks again: Azure may not know at once what it was given', async () => {
    await recordLease(app, { givesRole: true });
    await moveRecord(app, decision(true));
    const { remove } = app.roleAssigner;
    let looks = 0;
    app.roleAssigner.remove = async (id) => {
      looks += 1;
      if (looks > 1) await remove(id);
    };
    const lease = await follow(app);
    expect([looks, assigned()]).toEqual([2, []]);
    expect(now()).toBe(minutesAfter(lease.endsAt ?? '', 10));
  });

  it('takes the place of what an earlier lease of the same person may have left', async () => {
    const lease = await recordLease(app, { givesRole: true });
    const planned = leaseAssignmentOf({ ...lease, id: 'earlier' }, machine);
    if (!planned) throw new Error('there is such a role');
    const assignment = { ...planned, removedAt: now() };
    const earlier = { ...lease, id: 'earlier', key: 'earlier', state: 'ended', assignment } as const;
    await app.store.commit(machineId, [{ put: earlier }]);
    await app.roleAssigner.assign({ ...planned, principalId: holder.id, description: '' });
    await moveRecord(app, decision(true));
    const seen: string[] = [];
    onNews(app, { started: async () => void seen.push(...assigned().map(({ id }) => id)) });
    expect([(await follow(app)).assignment?.id]).toEqual(seen);
    expect(seen).not.toEqual([planned.id]);
    expect(assigned()).toEqual([]);
  });

  it('gives none to who has one by now, and none where leases no longer give roles', async () => {
    app.roles.held.set(holder.id, {
      grants: [grant('own', { dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'] })],
      denials: [],
    });
    await recordLease(app, { givesRole: true });
    await moveRecord(app, decision(true));
    expect(await follow(app)).not.toHaveProperty('assignment');
    expect(app.faults.calls('roleAssigner.assign')).toBe(0);
  });

  it('leaves one alone that somebody else gave in the same moment', async () => {
    await recordLease(app, { givesRole: true });
    await moveRecord(app, decision(true));
    app.faults.before('roleAssigner.assign', async () => {
      const { assignment } = await leaseOn(app);
      if (assignment)
        app.roleAssigner.assignments.set('theirs', {
          ...assignment,
          id: `${resourceId}/providers/Microsoft.Authorization/roleAssignments/theirs`,
          principalId: holder.id,
          description: '',
        });
    });
    expect(await follow(app)).not.toHaveProperty('assignment');
    expect(assigned()).toHaveLength(1);
    expect(app.faults.calls('roleAssigner.remove')).toBe(0);
  });

  it('that Azure refuses ends there, and says why', async () => {
    await recordLease(app, { givesRole: true });
    await moveRecord(app, decision(true));
    app.faults.fail('roleAssigner.assign', refused);
    expect(await follow(app)).toMatchObject({
      state: 'ended',
      end: { reason: 'role_refused' },
      failure: { code: 'resource_manager_refused', detail: 'PUT: 403 AuthorizationFailed' },
      assignment: { removedAt: expect.any(String) },
    });
    expect(await app.store.list(machineId, 'audit', 50)).toContainEqual(
      expect.objectContaining({ action: 'lease start', outcome: 'failed' }),
    );
    expect(toldKinds(app)).toEqual(['requested', 'approved', 'ended']);
  });

  it('tries to take it back until it is gone, and shows meanwhile why it is not', async () => {
    await recordLease(app, { givesRole: true });
    await moveRecord(app, decision(true));
    app.faults.fail('roleAssigner.remove', refused, 6);
    const troubles: unknown[] = [];
    onNews(app, { ended: async () => void troubles.push((await leaseOn(app)).assignment?.trouble?.detail) });
    const lease = await follow(app);
    expect(troubles).toEqual(['PUT: 403 AuthorizationFailed']);
    expect(lease.assignment).not.toHaveProperty('trouble');
    expect(Date.parse(lease.assignment?.removedAt ?? '') - Date.parse(lease.endsAt ?? '')).toBeGreaterThan(
      60 * minuteMs,
    );
    expect(assigned()).toEqual([]);
  });
});
