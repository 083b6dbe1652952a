import { app, type InvocationContext } from '@azure/functions';
import { type DurableClient, getClient, input } from 'durable-functions';
import { type LeaseDocument, leasePartition } from '#shared/domain/documents.ts';
import { isOver } from '#shared/domain/lease.ts';
import { nextMoment } from '#shared/domain/lease-transitions.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { reconcileLease, tellLease } from '../reconcile-lease.ts';

/** Every five minutes, away from their start, when other timers run. */
const schedule = '40 2-59/5 * * * *';
const most = 2_000;
/** What is due for longer than this was missed: a hint was lost, or the flow waits for a time that was put off. */
const lateMs = 60_000;
function isLate(lease: LeaseDocument, now: Date): boolean {
  // Its flow tries to take the role back, and no hint makes that sooner.
  if (isOver(lease)) return lease.assignment?.trouble === undefined;
  const due = nextMoment(lease, now);
  return due !== undefined && Date.parse(due) + lateMs <= now.getTime();
}

/**
 * Open leases and their flows are brought together: one that never started starts, one that ended without a word begins
 * anew, and one that missed something is told.
 */
export async function watchLeases(
  ports: AppPorts,
  client: DurableClient,
  context: Pick<InvocationContext, 'warn'>,
): Promise<void> {
  const now = ports.now();
  for (const { key, leaseMachineId } of await ports.store.list(leasePartition, 'lease-entry', most)) {
    try {
      const found = await ports.store.read(leaseMachineId, 'lease', key);
      // Its request died, or was slower than the same person's next one: the entry goes by itself.
      if (!found) continue;
      if (isLate(found.document, now)) await tellLease(ports, client, found.document);
      else await reconcileLease(ports, client, found.document);
    } catch (error) {
      context.warn(`lease ${key} of ${leaseMachineId}: ${String(error)}`);
    }
  }
}

export function registerLeaseWatch(provider: PortsProvider): void {
  app.timer('watchLeases', {
    schedule,
    extraInputs: [input.durableClient()],
    handler: (_, context) => watchLeases(provider(), getClient(context), context),
  });
}
