import type { DurableClient } from 'durable-functions';
import { operationId, orchestratorNames } from '#orchestrations/names.ts';
import { getDocument, takeMachine } from '#orchestrations/records.ts';
import { createTrackOperationActivities } from '#orchestrations/track-operation/activities.ts';
import type { AuditActor, AuditDecision } from '#shared/domain/audit.ts';
import type { MachineDocument, OperationDocument } from '#shared/domain/documents.ts';
import { AppError, describeError } from '#shared/domain/error.ts';
import type { OperationKind } from '#shared/domain/operation.ts';
import type { Stored } from '#shared/ports/machine-store.ts';
import type { Acting } from './http/audit-actor.ts';
import { changedMeanwhile } from './http/if-match.ts';
import type { AppPorts } from './ports.ts';

const flowOf: Readonly<Record<OperationKind, string>> = {
  install: orchestratorNames.installExtension,
  uninstall: orchestratorNames.uninstallExtension,
  repair: orchestratorNames.repairExtension,
  renew: orchestratorNames.renewCertificate,
  revoke: orchestratorNames.revokeCertificate,
};

export interface OperationRequest {
  machine: Stored<MachineDocument>;
  kind: OperationKind;
  input: object;
  requestedBy: AuditActor;
  /** Public address from which it was asked for. */
  from?: string;
  /** On what it was allowed. */
  decision?: AuditDecision;
  /** The request names the ETag of `machine`: of two of them only one begins. */
  isConditional?: boolean;
}

/** Who begins it by a request, and what allows it. */
export const begunBy = ({ actor, from }: Acting, decision: AuditDecision) => ({
  requestedBy: actor,
  ...(from !== undefined && { from }),
  decision,
});

/**
 * One mutation per machine: the machine's `currentOperation` is taken by ETag together with the operation's record,
 * then the orchestration starts. The same kind again answers the running operation; another kind is refused with
 * `operation_in_progress`. A crash between record and start is mended by whoever looks next (`reconcile`).
 */
export async function beginOperation(
  ports: AppPorts,
  client: DurableClient,
  request: OperationRequest,
): Promise<OperationDocument> {
  const { machine, kind, isConditional = false } = request;
  const { machineId, currentOperation } = machine.document;
  if (currentOperation) {
    const found = await ports.store.read(machineId, 'operation', currentOperation.id);
    const now = found && (await reconcile(ports, client, found.document));
    if (now?.status === 'running') {
      if (now.kind === kind) return now;
      throw new AppError('operation_in_progress', `${now.kind} runs on this machine`, {
        facts: { operationId: now.id },
      });
    }
    // One that has ended, or that is forgotten, holds the machine no longer: the next takes its place.
  }
  const at = ports.now().toISOString();
  const id = operationId(machineId, ports.newId());
  const operation = await takeMachine(ports, machine, { ...request, id, at });
  if (!operation) {
    const again = await getDocument(ports.store, machineId, 'machine');
    if (isConditional) throw changedMeanwhile(again.etag);
    return beginOperation(ports, client, { ...request, machine: again });
  }
  await startOperation(client, operation);
  return operation;
}

/** Starts an orchestration; that somebody else has started it meanwhile is success. */
export async function startOnce(
  client: DurableClient,
  flow: string,
  instanceId: string,
  input: object,
): Promise<void> {
  try {
    await client.startNew(flow, { instanceId, input });
  } catch (error) {
    if ((await statusOf(client, instanceId)) === undefined) throw error;
  }
}

const startOperation = (client: DurableClient, { id, kind, input }: OperationDocument): Promise<void> =>
  startOnce(client, flowOf[kind], id, input);

/** Of an operation whose record says that it runs; `Completed` too: a flow ends its operation before it returns. */
const dead = new Set(['Failed', 'Terminated', 'Canceled', 'Completed']);

/** Brings an operation's record and its orchestration together again after a crash between the two. */
export async function reconcile(
  ports: AppPorts,
  client: DurableClient,
  operation: OperationDocument,
): Promise<OperationDocument> {
  if (operation.status !== 'running') return operation;
  const status = await statusOf(client, operation.id);
  if (status === undefined) {
    await startOperation(client, operation);
    return operation;
  }
  if (!dead.has(status)) return operation;
  const interrupted = new AppError(
    'operation_interrupted',
    `the orchestration ended as ${status} without a result`,
  );
  await createTrackOperationActivities(ports).failOperation({
    operationId: operation.id,
    error: describeError(interrupted),
  });
  return (await getDocument(ports.store, operation.machineId, 'operation', operation.id)).document;
}

/** Whether nothing runs on this machine; what a crash left behind is brought together on the way. */
export async function isFree(
  ports: AppPorts,
  client: DurableClient,
  { machineId, currentOperation }: MachineDocument,
): Promise<boolean> {
  if (!currentOperation) return true;
  const found = await ports.store.read(machineId, 'operation', currentOperation.id);
  return !found || (await reconcile(ports, client, found.document)).status !== 'running';
}

/** Whether an instance that was to run does: `missing` when the host knows none of this id, `dead` when it ended. */
export async function livenessOf(
  client: DurableClient,
  instanceId: string,
): Promise<'alive' | 'missing' | 'dead'> {
  const status = await statusOf(client, instanceId);
  return status === undefined ? 'missing' : dead.has(status) ? 'dead' : 'alive';
}

/** The instance's status, or undefined when the host knows none of this id. */
async function statusOf(client: DurableClient, instanceId: string): Promise<string | undefined> {
  try {
    // The SDK throws on 404 in some versions and answers an empty status in others.
    const status = await client.getStatus(instanceId, { showInput: false });
    return status.runtimeStatus;
  } catch (error) {
    if (error instanceof Error && /404|not found/i.test(error.message)) return undefined;
    throw error;
  }
}
