import type { AuditEntry } from '#shared/domain/audit.ts';
import type { IssuancePlan } from '#shared/domain/certificate.ts';
import type { MachineDocument, OperationDocument } from '#shared/domain/documents.ts';
import { AppError, type ErrorRecord } from '#shared/domain/error.ts';
import { type Compensation, finishOperation, type OperationEnd, withStep } from '#shared/domain/operation.ts';
import { describeFailures, failuresOf } from '#shared/domain/precondition.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { commitAudited } from '../audit-trail.ts';
import { updateAudited } from '../audited-update.ts';
import { moveCertificate } from '../certificate-record.ts';
import { machineIdOfOperation } from '../names.ts';
import { takeMachine, updateDocument } from '../records.ts';
import { checkRequirements, type RequirementsPorts } from '../requirements.ts';

/** The timer as the one who asked. */
const renewalTimer = { id: 'renewal-timer', name: 'Renewal timer', kind: 'service' } as const;

const sentenceOf = ({ authority, turnAt, ahead, reason }: IssuancePlan): string =>
  `Its turn at ${authority} is at ${turnAt}${ahead > 0 ? `, after ${ahead} others` : ''}: ${reason}`;

export type TrackOperationActivities = ReturnType<typeof createTrackOperationActivities>;

export interface TrackOperationPorts extends RequirementsPorts {
  store: MachineStore;
  secrets: SecretStore;
  now(): Date;
  newId(): string;
}

/** What the user sees of a running operation, and its end. Shared by all operations. */
export function createTrackOperationActivities(ports: TrackOperationPorts) {
  const { store, now } = ports;

  async function endOperation(id: string, end: OperationEnd): Promise<void> {
    const machineId = machineIdOfOperation(id);
    const at = now().toISOString();
    const endRecord = (operation: OperationDocument) => {
      if (operation.status !== 'running') return undefined;
      const ended: OperationDocument = { ...operation, ...finishOperation(operation, end, at) };
      return { document: ended, entry: auditOf(ended) };
    };
    const free = (machine: MachineDocument) => {
      if (machine.currentOperation?.id !== id) return undefined;
      const { currentOperation: _, ...rest } = machine;
      return { document: rest satisfies MachineDocument };
    };
    if (await endTogether(machineId, id, endRecord, free)) return;
    // One after the other: the machine has writers of its own, and each is safe to repeat.
    await updateAudited(ports, { machineId, type: 'operation', key: id }, endRecord);
    await updateDocument(store, machineId, 'machine', undefined, free);
  }

  /** Record and machine in one batch; false when somebody else wrote one of them, or there is not both to write. */
  async function endTogether(
    machineId: string,
    id: string,
    endRecord: (
      operation: OperationDocument,
    ) => { document: OperationDocument; entry: AuditEntry } | undefined,
    free: (machine: MachineDocument) => { document: MachineDocument } | undefined,
  ): Promise<boolean> {
    const wanted = [{ type: 'operation', key: id }, { type: 'machine' }, { type: 'audit-head' }] as const;
    const [operation, machine, head] = await store.readTogether(machineId, wanted);
    const ended = operation && endRecord(operation.document);
    const freed = machine && free(machine.document);
    if (!ended || !freed) return false;
    const changes = [
      { replace: ended.document, etag: operation.etag },
      { replace: freed.document, etag: machine.etag },
    ];
    try {
      await commitAudited(ports, machineId, changes, ended.entry, head);
      return true;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
      return false;
    }
  }

  const auditOf = ({ id, requestedBy, kind, status, resumesAt, error }: OperationDocument): AuditEntry => ({
    actor: requestedBy,
    action: `${kind} end`,
    outcome: status === 'failed' ? 'failed' : 'succeeded',
    operationId: id,
    ...(status === 'postponed' && { detail: `postponed until ${resumesAt ?? ''}` }),
    ...(error && { decision: { code: error.code }, detail: error.detail }),
  });

  /** The record of a failed install says which requirements the machine does not meet now (24). */
  async function withUnmet(id: string, error: ErrorRecord): Promise<ErrorRecord> {
    const machineId = machineIdOfOperation(id);
    const wanted = [{ type: 'machine' }, { type: 'operation', key: id }] as const;
    const [machine, operation] = await store.readTogether(machineId, wanted);
    if (!machine || operation?.document.kind !== 'install') return error;
    try {
      const failures = failuresOf(await checkRequirements(ports, machine.document));
      if (failures.length === 0) return error;
      const detail = `${error.detail}. Requirements that are not met now: ${describeFailures(failures)}`;
      return { ...error, detail, facts: { ...error.facts, preconditions: failures } };
    } catch (caught) {
      // What failed is told all the same when nobody can say more of the machine.
      if (!(caught instanceof AppError)) throw caught;
      return error;
    }
  }

  return {
    /** Everything is done: all steps succeeded, the machine is free for the next operation. */
    async completeOperation(input: { operationId: string; resource: string }): Promise<void> {
      await endOperation(input.operationId, { resource: input.resource });
    },

    /** It waits for a date: shown while it goes on running. */
    async showWait(input: { operationId: string; plan: IssuancePlan }): Promise<void> {
      const { operationId, plan } = input;
      const at = now().toISOString();
      await updateDocument(store, machineIdOfOperation(operationId), 'operation', operationId, (document) => {
        if (document.status !== 'running') return undefined;
        const step = document.steps.findIndex(({ status }) => status === 'running');
        const shown = withStep(document, step, { status: 'running', detail: sentenceOf(plan) }, at);
        return { document: { ...document, ...shown, resumesAt: plan.turnAt } };
      });
    },

    /** It ends without a result and without a failure: the sweep goes on with it at its turn. */
    async postponeOperation(input: { operationId: string; plan: IssuancePlan }): Promise<void> {
      const { plan } = input;
      await endOperation(input.operationId, {
        postponed: { resumesAt: plan.turnAt, detail: sentenceOf(plan) },
      });
    },

    /**
     * A sweep's renewal takes its machine: the record of the operation is made with the lock. Not when another
     * operation has it, when the machine gave its certificate up, or when the renewal is no longer due.
     */
    async takeForRenewal(input: { operationId: string; input: object }): Promise<{ taken: boolean }> {
      const { operationId } = input;
      const machineId = machineIdOfOperation(operationId);
      const [machine, certificate] = await Promise.all([
        store.read(machineId, 'machine'),
        store.read(machineId, 'certificate'),
      ]);
      const current = machine?.document.currentOperation?.id;
      if (current === operationId) return { taken: true };
      if (!machine || !certificate) return { taken: false };
      // As for any other: one that has ended, or is forgotten, holds the machine no longer.
      const holder = current === undefined ? undefined : await store.read(machineId, 'operation', current);
      if (holder?.document.status === 'running') return { taken: false };
      if (machine.document.extension?.installedAt === undefined) {
        await moveCertificate(ports, machineId, { type: 'withdraw' });
        return { taken: false };
      }
      const at = now();
      if ((certificate.document.dueAt ?? '9') > at.toISOString()) return { taken: false };
      const { leaf } = certificate.document;
      if (leaf && Date.parse(leaf.notAfter) <= at.getTime())
        await moveCertificate(ports, machineId, { type: 'expire' });
      const taken = await takeMachine(ports, machine, {
        id: operationId,
        kind: 'renew',
        input: input.input,
        requestedBy: renewalTimer,
        at: at.toISOString(),
      });
      return { taken: taken !== undefined };
    },

    async failOperation(input: {
      operationId: string;
      error: ErrorRecord;
      compensation?: Compensation;
    }): Promise<void> {
      const { operationId, compensation } = input;
      const error = await withUnmet(operationId, input.error);
      await endOperation(operationId, { error, ...(compensation && { compensation }) });
    },
  };
}
