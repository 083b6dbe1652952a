import type { DurableClient } from 'durable-functions';
import type { LeaseSubject } from '#orchestrations/lease/activities.ts';
import { updateLease } from '#orchestrations/lease-records.ts';
import { leaseChangedEvent, leaseInstanceId, orchestratorNames } from '#orchestrations/names.ts';
import { type LeaseDocument, leasePartition } from '#shared/domain/documents.ts';
import { livenessOf, startOnce } from './begin-operation.ts';
import type { AppPorts } from './ports.ts';

const runIdOf = ({ machineId, id, runId }: LeaseDocument): string => runId ?? leaseInstanceId(machineId, id);

export function startLeaseFlow(client: DurableClient, lease: LeaseDocument): Promise<void> {
  const input: LeaseSubject = { machineId: lease.machineId, leaseId: lease.id };
  return startOnce(client, orchestratorNames.followLease, runIdOf(lease), input);
}

/**
 * Brings a lease's record and its flow together again. One that never started starts; one that ended without a word
 * begins anew under another instance id: all that it knew is on record.
 */
export async function reconcileLease(
  ports: AppPorts,
  client: DurableClient,
  lease: LeaseDocument,
): Promise<LeaseDocument> {
  const liveness = await livenessOf(client, runIdOf(lease));
  if (liveness === 'alive') return lease;
  if (liveness === 'missing') {
    await startLeaseFlow(client, lease);
    return lease;
  }
  const { machineId, id } = lease;
  // Its last act: what has done that is done.
  if (!(await ports.store.read(leasePartition, 'lease-entry', id))) return lease;
  const next = leaseInstanceId(machineId, id, ports.newId());
  const current = await updateLease(ports, { machineId, leaseId: id }, (document) =>
    // Somebody else begins it anew.
    document.runId === lease.runId ? { lease: { ...document, runId: next } } : undefined,
  );
  await startLeaseFlow(client, current);
  return current;
}

/** A hint that its record was changed; where nobody follows it, it is followed from now on. */
export async function tellLease(ports: AppPorts, client: DurableClient, lease: LeaseDocument): Promise<void> {
  const { runId } = await reconcileLease(ports, client, lease);
  const instanceId = runIdOf({ ...lease, ...(runId !== undefined && { runId }) });
  try {
    await client.raiseEvent(instanceId, leaseChangedEvent, {});
  } catch (error) {
    // One that has ended meanwhile needs no hint.
    if (!(error instanceof Error) || !/404|410|no instance|not found/i.test(error.message)) throw error;
  }
}
