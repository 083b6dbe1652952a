import type { DurableClient } from 'durable-functions';
import { findBefore } from '#orchestrations/found-before.ts';
import type { InstallWishes } from '#orchestrations/put-together/orchestrator.ts';
import { getDocument, updateDocument } from '#orchestrations/records.ts';
import { adopter, nextTry } from '#shared/domain/adoption.ts';
import type { MachineDocument, OperationDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { beginOperation } from './begin-operation.ts';
import { requireInstallable } from './http/preconditions.ts';
import { wishesOf } from './install-wishes.ts';
import type { AppPorts } from './ports.ts';

const byAdopter = { ...adopter, kind: 'service' } as const;

/**
 * Requirement 53: an install completes what others began. Its port stays and what is there of it is on record as theirs.
 * A try that is refused is on record too, with the time of the next; a platform that is away is no try.
 */
export async function beginAdoption(
  ports: AppPorts,
  client: DurableClient,
  machineId: string,
): Promise<OperationDocument> {
  const { document: machine } = await getDocument(ports.store, machineId, 'machine');
  const before = await findBefore(ports, machine);
  const wishes = await wishesFor(ports, machine).catch((error: unknown) => {
    if (error instanceof AppError && !error.isRetryable) return error;
    throw error;
  });
  const at = ports.now();
  await updateDocument(ports.store, machineId, 'machine', undefined, (found) => ({
    document: { ...found, adoption: nextTry(found, at), ...(!found.extension && { before }) },
  }));
  if (wishes instanceof AppError) throw wishes;
  const stored = await getDocument(ports.store, machineId, 'machine');
  return beginOperation(ports, client, {
    machine: stored,
    kind: 'install',
    input: wishes,
    requestedBy: byAdopter,
  });
}

/** Their port, whatever one of ours was before. */
async function wishesFor(ports: AppPorts, machine: MachineDocument): Promise<InstallWishes> {
  await requireInstallable(ports, { actor: byAdopter }, machine);
  const { extension: _, ...others } = machine;
  return wishesOf(ports, others, {}, adopter);
}

/** Whoever calls an adoption off is not asked again: no timer begins it anew. */
export async function declineAdoption({ store }: AppPorts, machineId: string): Promise<void> {
  await updateDocument(store, machineId, 'machine', undefined, (machine) =>
    machine.adoption
      ? { document: { ...machine, adoption: { ...machine.adoption, isDeclined: true } } }
      : undefined,
  );
}
