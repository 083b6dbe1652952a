import { recordAudit } from '#orchestrations/audit-trail.ts';
import { accessQuery, accessReply } from '#shared/protocol/access-api.ts';
import { problem } from '#shared/protocol/api.ts';
import { explainAccess } from '../explain-access.ts';
import type { PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { openMachine, requireRight } from './machine-access.ts';
import { defineRoute, readQuery } from './route.ts';

export function registerAccess(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getAccess',
      method: 'GET',
      route: 'api/machines/{id}/access',
      audience: 'user',
      applications: true,
      limit: 'exports',
      summary:
        'Who somebody is on a machine and why: what gives each right, what takes it, and what mends it',
      query: accessQuery,
      replies: {
        200: accessReply,
        400: problem,
        401: problem,
        403: problem,
        404: problem,
        502: problem,
        503: problem,
      },
    },
    async ({ ports, caller, parameter, request }) => {
      const access = await openMachine(ports, caller, parameter('id'));
      const principal = readQuery(accessQuery, request).principal?.toLowerCase();
      const self = caller.id.toLowerCase();
      if (principal !== undefined && principal !== self) {
        const decision = await requireRight(access, 'read-access');
        await recordAudit(ports, access.machine.machineId, {
          ...auditedCaller(caller, request),
          action: 'access explain',
          outcome: 'allowed',
          decision,
          detail: `of ${principal}`,
        });
        return { body: await explainAccess(ports, access.machine, { id: principal }) };
      }
      const kind = caller.isApplication ? 'application' : 'user';
      return { body: await explainAccess(ports, access.machine, { id: self, name: caller.name, kind }) };
    },
  );
}
