import { recordAudit } from '#orchestrations/audit-trail.ts';
import { cancelRequestedEvent } from '#orchestrations/names.ts';
import { adopter } from '#shared/domain/adoption.ts';
import type { OperationDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { percentOf } from '#shared/domain/operation.ts';
import { operationReply, problem } from '#shared/protocol/api.ts';
import { declineAdoption } from '../adoption.ts';
import { reconcile } from '../begin-operation.ts';
import type { PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { openOperation, requireRight } from './machine-access.ts';
import { defineRoute, type Reply } from './route.ts';

/** Seconds after which a client looks again. */
const lookAgainSeconds = '1';

function viewOperation(operation: OperationDocument): object {
  const { id, machineId, kind, status, steps, createdAt, endedAt, resumesAt, resource } = operation;
  const { error, compensation } = operation;
  return {
    id,
    machineId,
    kind,
    status,
    percent: percentOf(operation),
    steps,
    createdAt,
    ...(endedAt !== undefined && { endedAt }),
    ...(resumesAt !== undefined && { resumesAt }),
    ...(error && { error }),
    ...(compensation && { compensation }),
    ...(resource !== undefined && { resource }),
  };
}

/** 202 with the address to ask. */
export const acceptedReply = (operation: OperationDocument): Reply => ({
  status: 202,
  headers: { 'operation-location': `/api/operations/${operation.id}`, 'retry-after': lookAgainSeconds },
  body: viewOperation(operation),
});

export function registerOperations(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getOperation',
      method: 'GET',
      route: 'api/operations/{operationId}',
      audience: 'user',
      applications: true,
      summary: 'Steps, progress and error of a long-running request',
      replies: { 200: operationReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter, durable }) => {
      const id = parameter('operationId');
      const { stored } = await openOperation(ports, caller, id);
      if (!stored) throw new AppError('operation_not_found', `there is no operation ${id}`);
      const operation = await reconcile(ports, durable(), stored.document);
      return {
        ...(operation.status === 'running' && { headers: { 'retry-after': lookAgainSeconds } }),
        body: viewOperation(operation),
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'cancelOperation_delete',
      method: 'DELETE',
      route: 'api/operations/{operationId}',
      audience: 'user',
      applications: true,
      summary: 'Call off an operation that waits for its turn; what it made is taken back',
      replies: { 202: operationReply, 401: problem, 403: problem, 404: problem, 409: problem },
    },
    async ({ ports, caller, parameter, durable, request }) => {
      const id = parameter('operationId');
      const { access, stored } = await openOperation(ports, caller, id);
      const decision = await requireRight(access, 'install');
      if (!stored) throw new AppError('operation_not_found', `there is no operation ${id}`);
      const operation = await reconcile(ports, durable(), stored.document);
      if (operation.status !== 'running' || operation.resumesAt === undefined)
        throw new AppError(
          'operation_not_cancellable',
          `the operation is ${operation.status} and waits for no turn`,
        );
      await recordAudit(ports, operation.machineId, {
        ...auditedCaller(caller, request),
        action: 'operation cancel',
        outcome: 'allowed',
        decision,
        operationId: id,
        detail: operation.kind,
      });
      if (operation.requestedBy.id === adopter.id) await declineAdoption(ports, operation.machineId);
      await durable().raiseEvent(id, cancelRequestedEvent, {});
      return acceptedReply(operation);
    },
  );
}
