import { leaseEntry, updateLease } from '#orchestrations/lease-records.ts';
import { revokeSessions } from '#orchestrations/revoke-sessions.ts';
import { connectRight } from '#shared/domain/access.ts';
import { connectRole } from '#shared/domain/connect-role.ts';
import { leaseLimits } from '#shared/domain/lease.ts';
import { moveLease } from '#shared/domain/lease-transitions.ts';
import type { ServiceName } from '#shared/domain/machine.ts';
import { problem } from '#shared/protocol/api.ts';
import { leaseListReply, leaseReply, leaseRequest } from '#shared/protocol/lease-api.ts';
import { beginLease } from '../begin-lease.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { reconcileLease } from '../reconcile-lease.ts';
import { auditedCaller } from './audit-actor.ts';
import { openLease, replyWith, tellFlow } from './lease-access.ts';
import { type MachineAccess, openMachine, requireRight } from './machine-access.ts';
import { defineRoute, refuseFields } from './route.ts';

const leasesRoute = 'api/machines/{id}/leases';
export const leaseRoute = `${leasesRoute}/{leaseId}`;
const leaseRefusals = { 401: problem, 403: problem, 404: problem } as const;
export const leaseBodyRefusals = {
  400: problem,
  409: problem,
  411: problem,
  413: problem,
  415: problem,
  ...leaseRefusals,
} as const;

/** Leases of a machine that are shown: as many as a person reads. */
const shown = 200;
/** Seconds after which whoever waits for a decision looks again. */
const lookAgainSeconds = '3';
const dayMs = 24 * 60 * 60_000;

/** The role says who may, the lease says when: whoever has none asks in vain, unless a lease comes with one. */
async function needsRole(ports: AppPorts, access: MachineAccess, service: ServiceName): Promise<boolean> {
  const right = connectRight(service);
  if (access.decide(right).allowed) return false;
  if (ports.leases.giveRole && connectRole(access.machine.kind, service) !== undefined) return true;
  await requireRight(access, right);
  return false;
}

function refuseFarAhead(notBefore: string | undefined, now: Date): void {
  if (notBefore !== undefined && Date.parse(notBefore) > now.getTime() + leaseLimits.aheadDays * dayMs)
    throw refuseFields([{ field: 'notBefore', message: `is more than ${leaseLimits.aheadDays} days ahead` }]);
}

export function registerLeases(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'requestLease_post',
      method: 'POST',
      route: leasesRoute,
      audience: 'user',
      summary:
        'Ask for access for a time and a purpose; somebody else decides. The same again answers the open one',
      body: leaseRequest,
      replies: { 200: leaseReply, 201: leaseReply, ...leaseBodyRefusals },
    },
    async (call) => {
      const { ports, caller, body, request, durable } = call;
      const access = await openMachine(ports, caller, call.parameter('id'));
      const { machine } = access;
      const { machineId } = machine;
      refuseFarAhead(body.notBefore, ports.now());
      const isWithout = await needsRole(ports, access, body.service);
      const { service, minutes, purpose, reference, notBefore } = body;
      const { lease, isNew } = await beginLease(ports, durable(), {
        machine,
        actor: auditedCaller(caller, request),
        wishes: {
          service,
          minutes,
          purpose,
          requester: { id: caller.id, name: caller.name },
          ...(reference !== undefined && { reference }),
          ...(notBefore !== undefined && { notBefore: new Date(notBefore).toISOString() }),
          ...(isWithout && { givesRole: true }),
        },
      });
      return {
        status: isNew ? 201 : 200,
        headers: {
          location: `/api/machines/${machineId}/leases/${lease.id}`,
          'retry-after': lookAgainSeconds,
        },
        body: replyWith(call, access, lease),
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'listMachineLeases',
      method: 'GET',
      route: leasesRoute,
      audience: 'user',
      applications: true,
      summary: 'Leases of a machine, the newest first: my own, or all where I may say who connects',
      replies: { 200: leaseListReply, ...leaseRefusals },
    },
    async (call) => {
      const { ports, caller } = call;
      const access = await openMachine(ports, caller, call.parameter('id'));
      const mayApprove = access.decide('approve').allowed;
      const own = caller.id.toLowerCase();
      const leases = await ports.store.list(access.machine.machineId, 'lease', shown);
      const value = leases
        .filter(({ requester }) => mayApprove || requester.id.toLowerCase() === own)
        .map((lease) => replyWith(call, access, lease));
      return { body: { value } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getLease',
      method: 'GET',
      route: leaseRoute,
      audience: 'user',
      applications: true,
      summary: 'A lease: what was asked for, what was decided, when it starts and ends',
      replies: { 200: leaseReply, ...leaseRefusals },
    },
    async (call) => {
      const { access, lease } = await openLease(call);
      const isWaiting = lease.state === 'requested';
      const current = isWaiting ? await reconcileLease(call.ports, call.durable(), lease) : lease;
      return {
        ...(isWaiting && { headers: { 'retry-after': lookAgainSeconds } }),
        body: replyWith(call, access, current),
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'endLease_delete',
      method: 'DELETE',
      route: leaseRoute,
      audience: 'user',
      summary: 'Withdraw or give back my own lease, or revoke another; its live sessions are cut',
      replies: { 200: leaseReply, 409: problem, ...leaseRefusals },
    },
    async (call) => {
      const { ports, caller, request } = call;
      const { access, lease, isHolder } = await openLease(call);
      const { machineId, id: leaseId } = lease;
      const actor = auditedCaller(caller, request);
      const reason = isHolder ? 'given_back' : 'revoked';
      const ended = await updateLease(ports, { machineId, leaseId }, (current) => {
        const at = ports.now().toISOString();
        const by = { id: caller.id, name: caller.name };
        const moved = moveLease(current, { type: 'end', reason, by, at });
        const action = moved.state === 'withdrawn' ? 'lease withdraw' : 'lease end';
        return { lease: moved, entry: leaseEntry(current, actor, action, reason) };
      });
      await tellFlow(call, ended);
      // At once; the flow does it too, should this be the last thing that this process does.
      const ending = { ...actor, reason: 'lease_ended' } as const;
      await revokeSessions(ports, ending, machineId, (session) => session.leaseId === leaseId);
      return { body: replyWith(call, access, ended) };
    },
  );
}
