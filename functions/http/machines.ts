import { isIP } from 'node:net';
import { checkRequirements } from '#orchestrations/requirements.ts';
import { decideAccess, rolesAt } from '#shared/domain/access.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { parseMachineResource } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { failuresOf } from '#shared/domain/precondition.ts';
import {
  enrolMachineRequest,
  machineListReply,
  machineReply,
  meReply,
  preconditionsReply,
  problem,
} from '#shared/protocol/api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import type { Caller } from './authorization.ts';
import { type MachineAccess, maySee, openMachine, rolesOf } from './machine-access.ts';
import { viewMachine } from './machine-view.ts';
import { defineRoute } from './route.ts';

async function view(ports: AppPorts, access: MachineAccess) {
  const { machineId } = access.machine;
  const [certificate, agent] = await Promise.all([
    ports.store.read(machineId, 'certificate'),
    ports.store.read(machineId, 'agent'),
  ]);
  return viewMachine(access, { certificate: certificate?.document, agent: agent?.document }, ports.now());
}

/** The first hop that tells where the caller comes from: the front end in Azure, the socket elsewhere. */
const addressOf = (headers: { get(name: string): string | null }): string | null => {
  const forwarded = headers.get('x-forwarded-for')?.split(',')[0]?.trim() ?? '';
  // The last group of a bare IPv6 address looks like a port.
  const address = isIP(forwarded) ? forwarded : forwarded.replace(/^\[?([^\]]*?)\]?(?::\d+)?$/, '$1');
  return isIP(address) ? address : null;
};

/** All machines that the caller may see; his roles are read once a subscription and filtered in memory. */
export async function listVisible(ports: AppPorts, caller: Caller): Promise<MachineAccess[]> {
  const machines = await ports.store.listMachines();
  const subscriptions = [...new Set(machines.map((machine) => machine.subscriptionId))];
  const roles = new Map(
    await Promise.all(
      subscriptions.map(async (subscriptionId) => {
        const scope = `/subscriptions/${subscriptionId}`;
        const tenant = await ports.resources.tenantOf(subscriptionId);
        const mine = tenant.toLowerCase() === caller.tenantId.toLowerCase();
        const held = mine
          ? await ports.roles.rolesIn(caller.id, subscriptionId)
          : { grants: [], denials: [] };
        return [subscriptionId, held, scope] as const;
      }),
    ).then((found) => found.map(([id, held]) => [id, held] as const)),
  );
  return machines.flatMap((machine) => {
    const held = roles.get(machine.subscriptionId);
    if (!held) return [];
    const here = rolesAt(held, machine.resourceId);
    return maySee(here, machine.kind)
      ? [
          {
            machine,
            etag: '',
            decide: (right) => decideAccess(here, machine.kind, right),
          } satisfies MachineAccess,
        ]
      : [];
  });
}

export function registerMachines(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getMe',
      method: 'GET',
      route: 'api/me',
      audience: 'user',
      summary: 'Who I am',
      replies: { 200: meReply, 401: problem },
    },
    async ({ caller, request }) => ({
      body: {
        id: caller.id,
        name: caller.name,
        tenantId: caller.tenantId,
        address: addressOf(request.headers),
      },
    }),
  );

  defineRoute(
    provider,
    {
      name: 'listMachines',
      method: 'GET',
      route: 'api/machines',
      audience: 'user',
      summary: 'The machines that I may see',
      replies: { 200: machineListReply, 401: problem },
    },
    async ({ ports, caller }) => {
      const visible = await listVisible(ports, caller);
      return { body: { value: await Promise.all(visible.map((access) => view(ports, access))) } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'addMachine',
      method: 'POST',
      route: 'api/machines',
      audience: 'user',
      summary: 'Make a machine known by its ARM resource id; again is harmless',
      body: enrolMachineRequest,
      replies: { 200: machineReply, 201: machineReply, 400: problem, 401: problem, 404: problem },
    },
    async ({ ports, caller, body }) => {
      const target = parseMachineResource(body.resourceId);
      const machineId = machineIdOf(target.resourceId);
      const roles = await rolesOf(ports, caller, target);
      const facts = maySee(roles, target.kind)
        ? await ports.resources.findMachine(target.resourceId)
        : undefined;
      if (!facts)
        throw new AppError('machine_not_found', `there is no machine ${target.resourceId} that you may see`);
      const existing = await ports.store.read(machineId, 'machine');
      if (!existing) {
        const machine: MachineDocument = {
          type: 'machine',
          machineId,
          resourceId: target.resourceId,
          kind: target.kind,
          displayName: target.name,
          subscriptionId: target.subscriptionId,
          facts,
        };
        await ports.store.commit(machineId, [{ create: machine }]).catch((error: unknown) => {
          // Two who add one machine at a time both succeed.
          if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
        });
      }
      const access = await openMachine(ports, caller, machineId);
      return {
        status: existing ? 200 : 201,
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
      summary: 'One machine: facts, extension, endpoint, certificate, presence, what I may do',
      replies: { 200: machineReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter }) => {
      const access = await openMachine(ports, caller, parameter('id'));
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
      summary: 'Every requirement with its outcome',
      replies: { 200: preconditionsReply, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter }) => {
      const { machine } = await openMachine(ports, caller, parameter('id'));
      const preconditions = await checkRequirements(ports, machine);
      return { body: { met: failuresOf(preconditions).length === 0, preconditions } };
    },
  );
}
