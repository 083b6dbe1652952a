import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import type { UninstallExtensionInput } from '#orchestrations/uninstall-extension/orchestrator.ts';
import { extensionReply, operationReply, problem } from '#shared/protocol/api.ts';
import { installRequest } from '#shared/protocol/install-api.ts';
import { beginOperation, begunBy } from '../begin-operation.ts';
import { wishesOf } from '../install-wishes.ts';
import type { PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { requireIfMatch } from './if-match.ts';
import { openMachine, requireRight } from './machine-access.ts';
import { extensionOf } from './machine-view.ts';
import { acceptedReply } from './operations.ts';
import { requireInstallable } from './preconditions.ts';
import { defineRoute } from './route.ts';

const route = 'api/machines/{id}/extension';
const refusals = { 401: problem, 403: problem, 404: problem, 409: problem, 412: problem } as const;

export function registerExtension(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'installExtension_put',
      method: 'PUT',
      route,
      audience: 'user',
      applications: true,
      summary:
        'Install Windows Admin Center in three steps; the same request again answers the running operation',
      body: installRequest,
      replies: { 202: operationReply, 400: problem, 411: problem, 422: problem, ...refusals },
    },
    async ({ ports, caller, parameter, body, request, durable }) => {
      const access = await openMachine(ports, caller, parameter('id'));
      const decision = await requireRight(access, 'install');
      const by = auditedCaller(caller, request);
      const isConditional = requireIfMatch(request, access.etag);
      const { machine } = access;
      if (machine.currentOperation?.kind !== 'install') await requireInstallable(ports, by, machine);
      const input: InstallExtensionInput = await wishesOf(ports, machine, body, {
        id: caller.id,
        name: caller.name,
      });
      const stored = { document: machine, etag: access.etag };
      return acceptedReply(
        await beginOperation(ports, durable(), {
          machine: stored,
          kind: 'install',
          input,
          ...begunBy(by, decision),
          isConditional,
        }),
      );
    },
  );

  defineRoute(
    provider,
    {
      name: 'getExtension',
      method: 'GET',
      route,
      audience: 'user',
      applications: true,
      summary: 'The extension with its detailed status',
      replies: { 200: extensionReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter }) => {
      const { machine, etag } = await openMachine(ports, caller, parameter('id'));
      const [seen, agent] = await Promise.all([
        ports.extension.read(machine.resourceId),
        ports.store.read(machine.machineId, 'agent'),
      ]);
      const message = seen.state === 'absent' ? null : (seen.detail ?? null);
      return {
        headers: { etag },
        body: {
          ...extensionOf(machine),
          detailedStatus: {
            provisioningState: seen.state,
            message,
            version: (seen.state === 'absent' ? undefined : seen.version) ?? null,
            port: (seen.state === 'absent' ? undefined : seen.port) ?? null,
            checks: agent?.document.checks,
          },
        },
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'uninstallExtension_delete',
      method: 'DELETE',
      route,
      audience: 'user',
      applications: true,
      summary: 'Uninstall; the endpoint stays',
      replies: { 202: operationReply, ...refusals },
    },
    async ({ ports, caller, parameter, request, durable }) => {
      const access = await openMachine(ports, caller, parameter('id'));
      const decision = await requireRight(access, 'install');
      const by = auditedCaller(caller, request);
      const isConditional = requireIfMatch(request, access.etag);
      const { machineId, resourceId } = access.machine;
      const input: UninstallExtensionInput = { machineId, resourceId };
      return acceptedReply(
        await beginOperation(ports, durable(), {
          machine: { document: access.machine, etag: access.etag },
          kind: 'uninstall',
          input,
          ...begunBy(by, decision),
          isConditional,
        }),
      );
    },
  );
}
