import type { InstallWishes } from '#orchestrations/put-together/orchestrator.ts';
import { AppError } from '#shared/domain/error.ts';
import { operationReply, problem } from '#shared/protocol/api.ts';
import { beginOperation, begunBy } from '../begin-operation.ts';
import type { PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { requireIfMatch } from './if-match.ts';
import { openMachine, requireRight } from './machine-access.ts';
import { acceptedReply } from './operations.ts';
import { requireInstallable } from './preconditions.ts';
import { defineRoute } from './route.ts';

export function registerRepairs(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'repairExtension_post',
      method: 'POST',
      route: 'api/machines/{id}/repairs',
      audience: 'user',
      applications: true,
      summary:
        'Take the extension away and install it again with new keys; port, name and certificate stay (requirements 56 and 112)',
      replies: {
        202: operationReply,
        401: problem,
        403: problem,
        404: problem,
        409: problem,
        412: problem,
        422: problem,
      },
    },
    async ({ ports, caller, parameter, request, durable }) => {
      const access = await openMachine(ports, caller, parameter('id'));
      const decision = await requireRight(access, 'install');
      const by = auditedCaller(caller, request);
      const isConditional = requireIfMatch(request, access.etag);
      const { machine, etag } = access;
      const { machineId, resourceId, subscriptionId, extension, custody = 'vault' } = machine;
      if (!extension)
        throw new AppError('extension_not_installed', 'there is nothing to repair on this machine');
      if (machine.currentOperation?.kind !== 'repair')
        await requireInstallable(ports, by, machine, 'repair begin');
      const input: InstallWishes = {
        machineId,
        resourceId,
        subscriptionId,
        port: extension.port,
        custody,
        newName: false,
      };
      return acceptedReply(
        await beginOperation(ports, durable(), {
          machine: { document: machine, etag },
          kind: 'repair',
          input,
          ...begunBy(by, decision),
          isConditional,
        }),
      );
    },
  );
}
