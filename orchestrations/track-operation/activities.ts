import type { MachineDocument, OperationDocument } from '#shared/domain/documents.ts';
import type { ErrorRecord } from '#shared/domain/error.ts';
import { finishOperation, type Operation, withStep } from '#shared/domain/operation.ts';
import type { Change, MachineStore } from '#shared/ports/machine-store.ts';
import { machineIdOfOperation } from '../names.ts';
import { updateDocument } from '../records.ts';

export type TrackOperationActivities = ReturnType<typeof createTrackOperationActivities>;

export interface TrackOperationPorts {
  store: MachineStore;
  now(): Date;
  newId(): string;
}

/** What the user sees of a running operation, and its end. Shared by all operations. */
export function createTrackOperationActivities({ store, now, newId }: TrackOperationPorts) {
  async function endOperation(id: string, end: { error?: ErrorRecord; resource?: string }): Promise<void> {
    const machineId = machineIdOfOperation(id);
    const at = now().toISOString();
    await updateDocument(store, machineId, 'operation', id, (operation) => {
      if (operation.status !== 'running') return undefined;
      const ended: OperationDocument = { ...operation, ...finishOperation(operation, end, at) };
      return { document: ended, with: [auditOf(ended, at)] };
    });
    // Not in one batch with the operation: the machine has writers of its own, and this is safe to repeat.
    await updateDocument(store, machineId, 'machine', undefined, (machine) => {
      if (machine.currentOperation?.id !== id) return undefined;
      const { currentOperation: _, ...free } = machine;
      return { document: free satisfies MachineDocument };
    });
  }

  const auditOf = (operation: OperationDocument, at: string): Change => ({
    create: {
      type: 'audit',
      machineId: operation.machineId,
      key: `${at}-${newId()}`,
      at,
      actor: operation.requestedBy,
      action: operation.kind,
      outcome: operation.status === 'succeeded' ? 'succeeded' : 'failed',
      ...(operation.error && { detail: `${operation.error.code}: ${operation.error.detail}` }),
    },
  });

  return {
    /** Shows that this step runs, with what it does now; the steps before it are done. */
    async showProgress(input: { operationId: string; step: number; detail: string }): Promise<void> {
      const at = now().toISOString();
      await updateDocument(
        store,
        machineIdOfOperation(input.operationId),
        'operation',
        input.operationId,
        (document) => {
          if (document.status !== 'running') return undefined;
          const before = document.steps
            .slice(0, input.step)
            .reduce<Operation>(
              (operation, _, index) => withStep(operation, index, { status: 'succeeded' }, at),
              document,
            );
          const shown = withStep(before, input.step, { status: 'running', detail: input.detail }, at);
          return { document: { ...document, ...shown } };
        },
      );
    },

    /** Everything is done: all steps succeeded, the machine is free for the next operation. */
    async completeOperation(input: { operationId: string; resource: string }): Promise<void> {
      await endOperation(input.operationId, { resource: input.resource });
    },

    async failOperation(input: { operationId: string; error: ErrorRecord }): Promise<void> {
      await endOperation(input.operationId, { error: input.error });
    },
  };
}
