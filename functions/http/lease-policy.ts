import { updateAudited } from '#orchestrations/audited-update.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { problem } from '#shared/protocol/api.ts';
import { type LeasePolicyReply, leasePolicyReply, leasePolicyRequest } from '#shared/protocol/lease-api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { openMachine, requireRight } from './machine-access.ts';
import { defineRoute, type RouteCall } from './route.ts';

const route = 'api/machines/{id}/lease-policy';

function viewPolicy({ leases }: AppPorts, { leasePolicy }: MachineDocument): LeasePolicyReply {
  return {
    required: leases.areRequired || leasePolicy?.required === true,
    byDeployment: leases.areRequired,
    givesRole: leases.giveRole,
    ...(leasePolicy && { setBy: leasePolicy.setBy, at: leasePolicy.at }),
  };
}

/** Of two who write at once the later one's word holds, and both are on record. */
const setPolicy = (
  { ports, caller, request }: RouteCall<unknown>,
  machineId: string,
  required: boolean,
): Promise<MachineDocument> =>
  updateAudited(ports, { machineId, type: 'machine' }, (machine) => {
    if (machine.leasePolicy?.required === required) return undefined;
    const setBy = { id: caller.id, name: caller.name };
    return {
      document: { ...machine, leasePolicy: { required, setBy, at: ports.now().toISOString() } },
      entry: {
        ...auditedCaller(caller, request),
        action: 'lease policy',
        outcome: 'succeeded',
        detail: required ? 'a connect needs a lease' : 'a connect needs no lease',
      },
    };
  });

export function registerLeasePolicy(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getLeasePolicy',
      method: 'GET',
      route,
      audience: 'user',
      applications: true,
      summary: 'Whether a connect to this machine needs a lease, and who said so',
      replies: { 200: leasePolicyReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter }) => {
      const { machine } = await openMachine(ports, caller, parameter('id'));
      return { body: viewPolicy(ports, machine) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'setLeasePolicy_put',
      method: 'PUT',
      route,
      audience: 'user',
      summary: 'Say whether a connect to this machine needs a lease, where the deployment leaves it open',
      body: leasePolicyRequest,
      replies: {
        200: leasePolicyReply,
        400: problem,
        401: problem,
        403: problem,
        404: problem,
        411: problem,
        413: problem,
        415: problem,
      },
    },
    async (call) => {
      const { ports, caller, parameter, body } = call;
      const access = await openMachine(ports, caller, parameter('id'));
      const { machineId } = access.machine;
      await requireRight(access, 'approve');
      return { body: viewPolicy(ports, await setPolicy(call, machineId, body.required)) };
    },
  );
}
