import { checkRequirements } from '#orchestrations/requirements.ts';
import { AppError } from '#shared/domain/error.ts';
import { defaultPorts, parseMachineResource } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { failuresOf } from '#shared/domain/precondition.ts';
import {
  enrolMachineRequest,
  machineReply,
  meReply,
  preconditionsReply,
  problem,
} from '#shared/protocol/api.ts';
import { preconditionsQuery } from '#shared/protocol/install-api.ts';
import { makeKnown } from '../known-machines.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { recordRefusalOn } from './audit-refusals.ts';
import { callerAddressOf } from './caller-address.ts';
import { decideAt, type MachineAccess, openMachine, openToShow } from './machine-access.ts';
import { viewMachine } from './machine-view.ts';
import { defineRoute, readQuery } from './route.ts';

async function view(ports: AppPorts, access: MachineAccess) {
  const { machineId } = access.machine;
  const [certificate, agent] = await Promise.all([
    ports.store.read(machineId, 'certificate'),
    ports.store.read(machineId, 'agent'),
  ]);
  return viewMachine(access, { certificate: certificate?.document, agent: agent?.document }, ports.now());
}

export function registerMachines(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getMe',
      method: 'GET',
      route: 'api/me',
      audience: 'user',
      applications: true,
      summary: 'Who I am',
      replies: { 200: meReply, 401: problem },
    },
    async ({ caller, request }) => ({
      body: {
        id: caller.id,
        name: caller.name,
        tenantId: caller.tenantId,
        address: callerAddressOf(request.headers),
      },
    }),
  );

  defineRoute(
    provider,
    {
      name: 'addMachine',
      method: 'POST',
      route: 'api/machines',
      audience: 'user',
      applications: true,
      summary: 'Make a machine known by its ARM resource id; again is harmless',
      body: enrolMachineRequest,
      replies: { 200: machineReply, 201: machineReply, 400: problem, 401: problem, 404: problem },
    },
    async ({ ports, caller, body, request, log }) => {
      const target = parseMachineResource(body.resourceId);
      const { decision } = await decideAt(ports, caller, target, 'see');
      const facts = decision.allowed ? await ports.resources.findMachine(target.resourceId) : undefined;
      if (!facts) {
        const error = new AppError(
          'machine_not_found',
          `there is no machine ${target.resourceId} that you may see`,
        );
        await recordRefusalOn(
          machineIdOf(target.resourceId),
          'addMachine',
          { request, provider, log },
          error,
        );
        throw error;
      }
      const { machineId, isNew } = await makeKnown(ports, target, facts, auditedCaller(caller, request));
      const access = await openMachine(ports, caller, machineId);
      return {
        status: isNew ? 201 : 200,
        headers: { location: `/api/machines/${machineId}`, etag: access.etag },
        body: await view(ports, access),
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getMachine',
      method: 'GET',
      route: 'api/machines/{id}',
      audience: 'user',
      applications: true,
      summary: 'One machine: facts, extension, endpoint, certificate, presence, what I may do',
      replies: { 200: machineReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter }) => {
      const access = await openToShow(ports, caller, parameter('id'), ['install', 'connect-wac']);
      return { headers: { etag: access.etag }, body: await view(ports, access) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getPreconditions',
      method: 'GET',
      route: 'api/machines/{id}/preconditions',
      audience: 'user',
      applications: true,
      summary: 'Every requirement with its outcome; `direct` and `port` ask for direct mode',
      query: preconditionsQuery,
      replies: { 200: preconditionsReply, 400: problem, 401: problem, 404: problem },
    },
    async ({ ports, caller, request, parameter }) => {
      const { machine } = await openMachine(ports, caller, parameter('id'));
      const { direct: address, port = machine.extension?.port ?? defaultPorts.WAC } = readQuery(
        preconditionsQuery,
        request,
      );
      const direct = address === undefined ? undefined : { address, port };
      const preconditions = await checkRequirements(ports, machine, { direct });
      return { body: { met: failuresOf(preconditions).length === 0, preconditions } };
    },
  );
}
