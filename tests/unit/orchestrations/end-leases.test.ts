import { expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { endLeasesOf } from '#orchestrations/lease-records.ts';
import { serviceActor } from '#orchestrations/revoke-sessions.ts';
import { leaseOn, recordLease } from '../../support/leases.ts';
import { createMemoryPorts } from '../../support/memory-ports.ts';
import { machineId } from '../../support/sample-machine.ts';

it('an uninstall ends the open lease behind any number that are over', async () => {
  const memory = createMemoryPorts(createManualClock(Date.parse('2026-10-01T12:00:00Z')));
  const lease = await recordLease(memory);
  const over = Array.from({ length: 1_100 }, (_, number) => {
    const id = `z${String(number).padStart(15, '0')}`;
    return { put: { ...lease, id, key: id, state: 'withdrawn' as const } };
  });
  await memory.store.commit(machineId, over);
  await endLeasesOf(memory.ports, machineId, serviceActor);
  expect(await leaseOn(memory)).toMatchObject({ state: 'ended', end: { reason: 'uninstalled' } });
});
