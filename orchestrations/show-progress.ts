import { type Operation, withStep } from '#shared/domain/operation.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { Progress } from './context.ts';
import { machineIdOfOperation } from './names.ts';
import { updateDocument } from './records.ts';

/** Shows that this step runs, with what it does now; the steps before it are done. */
export async function showProgress(
  { store, now }: { store: MachineStore; now(): Date },
  { operationId, step, detail }: Progress,
): Promise<void> {
  const at = now().toISOString();
  await updateDocument(store, machineIdOfOperation(operationId), 'operation', operationId, (document) => {
    if (document.status !== 'running') return undefined;
    const before = document.steps
      .slice(0, step)
      .reduce<Operation>(
        (operation, _, index) => withStep(operation, index, { status: 'succeeded' }, at),
        document,
      );
    const shown = withStep(before, step, { status: 'running', detail }, at);
    const { resumesAt: _, ...awake } = { ...document, ...shown };
    return { document: awake };
  });
}
