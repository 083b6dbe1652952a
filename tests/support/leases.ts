import { advanceLease, leaseClaimKey, updateLease } from '#orchestrations/lease-records.ts';
import { leaseChangedEvent, leaseInstanceId, orchestratorNames } from '#orchestrations/names.ts';
import { serviceActor } from '#orchestrations/revoke-sessions.ts';
import { type LeaseDocument, leasePartition, leasesOf } from '#shared/domain/documents.ts';
import type { Lease } from '#shared/domain/lease.ts';
import { type LeaseEvent, moveLease, requestLease } from '#shared/domain/lease-transitions.ts';
import type { Notification } from '#shared/protocol/notifications.ts';
import type { DurableApp } from './durable-app.ts';
import type { MemoryPorts } from './memory-ports.ts';
import { machineId } from './sample-machine.ts';

export const minuteMs = 60_000;
export const holder = { id: '00000000-0000-4000-8000-0000000000e1', name: 'holder@example.test' };
export const approver = { id: '00000000-0000-4000-8000-0000000000e2', name: 'approver@example.test' };
export const leaseId = 'aaaaaaaabbbbbbbb';
export const leaseRunId = leaseInstanceId(machineId, leaseId);
const subject = { machineId, leaseId };
const kindOf = ({ type }: Notification): string => type.replace('admin-center.lease.', '');

export const minutesAfter = (iso: string, minutes: number): string =>
  new Date(Date.parse(iso) + minutes * minuteMs).toISOString();

/** A request of the holder's for an hour, on record with all that goes with it. */
export async function recordLease(memory: MemoryPorts, changes: Partial<Lease> = {}): Promise<LeaseDocument> {
  const lease: LeaseDocument = {
    ...requestLease({
      id: leaseId,
      machineId,
      service: 'WAC',
      requester: holder,
      purpose: 'replace the disk',
      minutes: 60,
      requestedAt: memory.ports.now().toISOString(),
      ...changes,
    }),
    type: 'lease',
    key: leaseId,
  };
  for (const partition of [leasePartition, leasesOf(holder.id)])
    await memory.store.commit(partition, [
      {
        create: {
          type: 'lease-entry',
          machineId: partition,
          key: leaseId,
          leaseMachineId: machineId,
          requesterId: holder.id,
        },
      },
    ]);
  await memory.store.commit(machineId, [
    { create: lease },
    { create: { type: 'lease-claim', machineId, key: leaseClaimKey(lease), leaseId } },
  ]);
  return lease;
}

export const leaseOn = async ({ store }: MemoryPorts): Promise<LeaseDocument> => {
  const found = await store.read(machineId, 'lease', leaseId);
  if (!found) throw new Error('there is no lease');
  return found.document;
};

/** What a person does to it, on record alone; the clock's own due comes first, as in the app. */
export async function moveRecord(
  memory: MemoryPorts,
  event: (at: string) => LeaseEvent,
): Promise<LeaseDocument> {
  const now = memory.ports.now();
  // Without their guards: nobody dies of what a person does elsewhere.
  const ports = { ...memory.ports, store: memory.store, secrets: memory.secrets };
  await advanceLease(ports, subject, now);
  return updateLease(ports, subject, (lease) => ({
    lease: moveLease(lease, event(now.toISOString())),
    entry: { actor: serviceActor, action: 'request test', outcome: 'succeeded' },
  }));
}

export const decision =
  (approved: boolean, type: 'decide' | 'decideExtension' = 'decide') =>
  (at: string): LeaseEvent => ({ type, decision: { approved, by: approver, at } });

/** Runs after the first notification of each kind, as by a person who has read it; the flow is told. */
export function onNews(
  { bus, host }: DurableApp,
  actions: Partial<Record<string, () => Promise<unknown>>>,
): void {
  const done = new Set<string>();
  const { notify } = bus;
  bus.notify = async (notification) => {
    await notify(notification);
    const kind = kindOf(notification);
    if (done.has(kind)) return;
    done.add(kind);
    const action = actions[kind];
    if (!action) return;
    await action();
    await host.raiseEvent(leaseRunId, leaseChangedEvent, {});
  };
}

export const startFlow = (app: DurableApp): Promise<string> =>
  app.host.start(orchestratorNames.followLease, { instanceId: leaseRunId, input: subject });

export async function follow(app: DurableApp): Promise<LeaseDocument> {
  await startFlow(app);
  const { runtimeStatus } = await app.host.waitForCompletion(leaseRunId, { timeoutMs: 30_000 });
  if (runtimeStatus !== 'Completed') throw new Error(`the flow ended as ${runtimeStatus}`);
  return leaseOn(app);
}

/** Kinds of what was told, each as often as the bus keeps it. */
export const toldKinds = ({ bus }: MemoryPorts): string[] => [
  ...new Map(bus.notifications.map((one) => [one.id, kindOf(one)])).values(),
];
