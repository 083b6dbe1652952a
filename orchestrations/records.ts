import type { AuditActor, AuditDecision } from '#shared/domain/audit.ts';
import {
  type DocumentOf,
  type DocumentType,
  documentId,
  type MachineDocument,
  type OperationDocument,
} from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { newOperation, type OperationKind } from '#shared/domain/operation.ts';
import type { Change, MachineStore, Stored } from '#shared/ports/machine-store.ts';
import { type AuditPorts, commitAudited } from './audit-trail.ts';

/** Writers of one document that race each other settle within a few rounds: each loser reads again. */
const rounds = 8;

/** Reads, or throws when the document is not there. */
export async function getDocument<T extends DocumentType>(
  store: MachineStore,
  machineId: string,
  type: T,
  key?: string,
): Promise<Stored<DocumentOf<T>>> {
  const found = await store.read(machineId, type, key);
  if (found) return found;
  const code =
    type === 'machine' ? 'machine_not_found' : type === 'operation' ? 'operation_not_found' : 'not_found';
  throw new AppError(code, `there is no ${documentId(type, key)} of machine ${machineId}`);
}

/**
 * Changes one document by ETag: reads, asks `change` for what to write, commits, and begins anew when somebody
 * else was faster. `change` answers undefined to leave everything as it is. Answers what is stored in the end.
 * What was just read need not be read again: `known`.
 */
export async function updateDocument<T extends DocumentType>(
  store: MachineStore,
  machineId: string,
  type: T,
  key: string | undefined,
  change: (document: DocumentOf<T>) => { document: DocumentOf<T>; with?: readonly Change[] } | undefined,
  known?: Stored<DocumentOf<T>>,
): Promise<DocumentOf<T>> {
  for (let round = 1; ; round += 1) {
    const { document, etag } = round === 1 && known ? known : await getDocument(store, machineId, type, key);
    const changed = change(document);
    if (!changed) return document;
    try {
      await store.commit(machineId, [{ replace: changed.document, etag }, ...(changed.with ?? [])]);
      return changed.document;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}

const operationSeconds = 30 * 24 * 60 * 60;

/**
 * Takes a free machine for an operation: its `currentOperation` is set by ETag together with the operation's
 * record, and with that of who began it. Undefined when somebody else changed the machine meanwhile.
 */
export async function takeMachine(
  ports: AuditPorts,
  machine: Stored<MachineDocument>,
  request: {
    id: string;
    kind: OperationKind;
    input: object;
    requestedBy: AuditActor;
    /** Public address from which it was asked for. */
    from?: string;
    /** On what it was allowed. */
    decision?: AuditDecision;
    /** ISO 8601. */
    at: string;
  },
): Promise<OperationDocument | undefined> {
  const { id, kind, input, requestedBy, from, decision, at } = request;
  const { machineId } = machine.document;
  const operation: OperationDocument = {
    ...newOperation(id, machineId, kind, requestedBy, at),
    type: 'operation',
    key: id,
    input,
    ttlSeconds: operationSeconds,
  };
  try {
    const taken = { ...machine.document, currentOperation: { id, kind } };
    const changes = [{ replace: taken, etag: machine.etag }, { create: operation }];
    await commitAudited(ports, machineId, changes, {
      actor: requestedBy,
      action: `${kind} begin`,
      outcome: 'allowed',
      ...(from !== undefined && { from }),
      ...(decision && { decision }),
      operationId: id,
    });
    return operation;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
    return undefined;
  }
}
