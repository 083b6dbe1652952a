import { beforeEach, describe, expect, it } from 'vitest';
import { rememberRoles } from '#functions/remembered-roles.ts';
import { watchSessions } from '#functions/timers/watch-sessions.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { addSession, readSession } from '../../support/live-sessions.ts';
import { createMemoryPorts, type MemoryPorts } from '../../support/memory-ports.ts';
import { addMachine, administrator, grant, machineId, resourceId } from '../../support/sample-machine.ts';

const login = { dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'] };
const other = { id: '00000000-0000-4000-8000-0000000000c2', name: 'other@example.test' };
const [first, second] = ['firstaaaaaaaaaaa', 'secondaaaaaaaaaa'] as const;
let clock: ManualClock;
let memory: MemoryPorts;
let log: string[];

beforeEach(async () => {
  clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
  memory = createMemoryPorts(clock);
  log = [];
  await addMachine(memory);
  await memory.connectivity.putEndpoint(resourceId);
  await memory.connectivity.putServiceConfiguration(resourceId, 'WAC', 6516);
});

const tick = (looksAtServices = false) =>
  watchSessions(memory.ports, looksAtServices, {
    info: (text) => log.push(String(text)),
    warn: (text) => log.push(String(text)),
  });
const audits = async () =>
  (await memory.store.list(machineId, 'audit', 20)).map(({ action, session }) => [
    action,
    session?.endReason,
  ]);

describe('a live session, decided again', () => {
  it('stays while its role does', async () => {
    await addSession(memory, first);
    await tick(true);
    expect(await readSession(memory, first)).toMatchObject({ state: 'open' });
    expect(memory.bus.toProxies).toEqual([]);
  });

  it('requirement 96: is cut within a minute when the assignment has ended, and no other with it', async () => {
    await addSession(memory, first);
    await addSession(memory, second, { user: other });
    memory.roles.held.set(other.id, { grants: [grant('WAC', login)], denials: [] });
    await tick();
    memory.roles.held.set(administrator.id, { grants: [], denials: [] });
    // What was read before is used once more at most: two ticks are forty seconds.
    clock.advance(20_000);
    await tick();
    expect(await readSession(memory, first)).toMatchObject({
      state: 'revoked',
      end: { reason: 'right_lost' },
    });
    expect(await readSession(memory, second)).toMatchObject({ state: 'open' });
    expect(memory.bus.toProxies).toMatchObject([{ data: { sessionId: first } }]);
    expect(await audits()).toEqual([['session end', 'right_lost']]);
    expect(await memory.store.read('revocations', 'revocation', first)).toBeDefined();
  });

  it('asks once for a person, however many sessions he has', async () => {
    let readings = 0;
    const { rolesIn } = memory.roles;
    memory.roles.rolesIn = async (...given) => {
      readings += 1;
      return rolesIn(...given);
    };
    for (const number of 'abcdefg') await addSession(memory, number.repeat(16));
    await tick();
    expect(readings).toBe(1);
  });

  it('survives a silence of Azure that is shorter than a minute, and no longer one', async () => {
    memory.ports.roles = rememberRoles(memory.ports.roles, clock.now);
    await addSession(memory, first);
    await tick();
    memory.faults.fail('roles.rolesIn', new AppError('resource_manager_unavailable', 'ARM is away'), 100);
    clock.advance(20_000);
    await tick();
    clock.advance(20_000);
    await tick();
    expect(await readSession(memory, first)).toMatchObject({ state: 'open' });
    clock.advance(21_000);
    await tick();
    expect(await readSession(memory, first)).toMatchObject({
      state: 'revoked',
      end: { reason: 'undecided' },
    });
  });

  it('is cut at once where nothing is known and nobody can say: fail closed', async () => {
    await addSession(memory, first);
    memory.faults.fail('roles.rolesIn', new AppError('resource_manager_unavailable', 'ARM is away'), 100);
    await tick();
    expect(await readSession(memory, first)).toMatchObject({ end: { reason: 'undecided' } });
  });

  it('requirement 87: is cut when the configuration of its service was taken away in Azure', async () => {
    await addSession(memory, first);
    await addSession(memory, second, { service: 'SSH' });
    memory.roles.held.set(administrator.id, {
      grants: [grant('all', { dataActions: ['Microsoft.HybridCompute/*'] })],
      denials: [],
    });
    await memory.connectivity.putServiceConfiguration(resourceId, 'SSH', 22);
    await memory.connectivity.removeServiceConfiguration(resourceId, 'WAC');
    await tick(true);
    expect(await readSession(memory, first)).toMatchObject({ end: { reason: 'service_closed' } });
    expect(await readSession(memory, second)).toMatchObject({ state: 'open' });
  });

  it('stays when only the look at services fails: the role was decided', async () => {
    await addSession(memory, first);
    memory.faults.fail(
      'connectivity.findServiceConfigurations',
      new AppError('resource_manager_unavailable', 'away'),
      9,
    );
    await tick(true);
    expect(await readSession(memory, first)).toMatchObject({ state: 'open' });
    expect(log.join()).toContain('watching sessions: 1 failed');
  });

  it('requirement 96: is cut while Azure keeps the look at services, and another person, waiting', async () => {
    const never = Promise.withResolvers<never>();
    await addSession(memory, first);
    await addSession(memory, second, { user: other });
    memory.connectivity.findServiceConfigurations = () => never.promise;
    const { rolesIn } = memory.roles;
    memory.roles.rolesIn = (id) => (id === other.id ? never.promise : rolesIn(id));
    memory.roles.held.set(administrator.id, { grants: [], denials: [] });
    void tick(true);
    await expect
      .poll(() => readSession(memory, first))
      .toMatchObject({ state: 'revoked', end: { reason: 'right_lost' } });
  });

  it('is cut when its lease is over and the flow of the lease did not end it', async () => {
    await addSession(memory, first, { leaseId: 'gone' });
    await tick();
    expect(await readSession(memory, first)).toMatchObject({ end: { reason: 'lease_ended' } });
  });

  it('of before it carried its machine is decided by the record of the machine', async () => {
    const { on: _, ...old } = await addSession(memory, first);
    await memory.store.commit(machineId, [{ put: old }]);
    memory.roles.held.set(administrator.id, { grants: [], denials: [] });
    await tick();
    expect(await readSession(memory, first)).toMatchObject({ end: { reason: 'right_lost' } });
  });
});

describe('a session whose time is up', () => {
  it('waits two minutes for the last count of its machine, and is closed with the last that is known', async () => {
    const reportedAt = '2026-10-01T12:30:00.000Z';
    const usage = { bytesUp: 10, bytesDown: 20, connections: 1, reportedAt };
    await addSession(memory, first, { usage });
    clock.advance(3600_000 + 119_000);
    await tick();
    expect(await readSession(memory, first)).toMatchObject({ state: 'open' });
    clock.advance(1_000);
    await tick();
    await tick();
    expect(await readSession(memory, first)).toMatchObject({
      state: 'ended',
      settled: true,
      end: { reason: 'expired' },
    });
    const [closed, ...rest] = await memory.store.list(machineId, 'audit', 10);
    expect(closed).toMatchObject({
      action: 'session close',
      session: { seconds: 3600, bytesUp: 10, bytesDown: 20, endReason: 'expired' },
    });
    expect(rest).toEqual([]);
  });
});
