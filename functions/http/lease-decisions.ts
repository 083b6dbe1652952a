import { leaseEntry, updateLease } from '#orchestrations/lease-records.ts';
import type { LeaseDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { LeaseDecision } from '#shared/domain/lease.ts';
import { moveLease, waitingExtension } from '#shared/domain/lease-transitions.ts';
import { leaseDecisionRequest, leaseExtensionRequest, leaseReply } from '#shared/protocol/lease-api.ts';
import type { PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { openLease, replyWith, tellFlow } from './lease-access.ts';
import { leaseBodyRefusals, leaseRoute } from './leases.ts';
import { defineRoute } from './route.ts';

/** The decision is on what waited when it was made: on the request, or on the extension. */
const subjectOf = ({ state }: LeaseDocument) => (state === 'requested' ? 'decide' : 'decideExtension');

/** Whoever decides on a page that is not new any more decides on what he read, and on nothing that came since. */
function requireMeant(lease: LeaseDocument, requestedAt: string | undefined): void {
  const waiting = lease.state === 'requested' ? lease : waitingExtension(lease);
  if (requestedAt === undefined || waiting?.requestedAt === requestedAt) return;
  throw new AppError('lease_state', `what was asked for at ${requestedAt} does not wait any more`, {
    facts: { state: lease.state, leaseId: lease.id },
  });
}

function wordsOf(lease: LeaseDocument, { reason }: LeaseDecision): string | undefined {
  const extension = lease.state === 'requested' ? undefined : waitingExtension(lease);
  const words = [extension && `extension by ${extension.minutes} minutes`, reason].filter(Boolean);
  return words.length > 0 ? words.join(', ') : undefined;
}

export function registerLeaseDecisions(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'decideLease_post',
      method: 'POST',
      route: `${leaseRoute}/decision`,
      audience: 'user',
      summary: 'Approve or deny a request, or the extension that waits; never my own',
      body: leaseDecisionRequest,
      replies: { 200: leaseReply, ...leaseBodyRefusals },
    },
    async (call) => {
      const { ports, caller, body, request } = call;
      const { access, lease } = await openLease(call);
      const { machineId, id: leaseId } = lease;
      const action = body.approve ? 'lease approve' : 'lease deny';
      const type = subjectOf(lease);
      const decided = await updateLease(ports, { machineId, leaseId }, (current) => {
        requireMeant(current, body.requestedAt);
        const decision: LeaseDecision = {
          approved: body.approve,
          by: { id: caller.id, name: caller.name },
          at: ports.now().toISOString(),
          ...(body.reason !== undefined && { reason: body.reason }),
        };
        return {
          lease: moveLease(current, { type, decision }),
          entry: leaseEntry(current, auditedCaller(caller, request), action, wordsOf(current, decision)),
        };
      });
      await tellFlow(call, decided);
      return { body: replyWith(call, access, decided) };
    },
  );

  defineRoute(
    provider,
    {
      name: 'extendLease_post',
      method: 'POST',
      route: `${leaseRoute}/extensions`,
      audience: 'user',
      summary:
        'Ask for more time on my own lease; somebody else decides, and it goes on to its end meanwhile',
      body: leaseExtensionRequest,
      replies: { 200: leaseReply, ...leaseBodyRefusals },
    },
    async (call) => {
      const { ports, caller, body, request } = call;
      const { access, lease, isHolder } = await openLease(call);
      const { machineId, id: leaseId } = lease;
      const { minutes, purpose } = body;
      if (!isHolder)
        throw new AppError('access_denied', 'its holder alone asks for more time', {
          facts: { missingAction: 'holder of the lease' },
        });
      const extended = await updateLease(ports, { machineId, leaseId }, (current) => {
        const at = ports.now().toISOString();
        const detail = `by ${minutes} minutes: ${purpose}`;
        return {
          lease: moveLease(current, { type: 'extend', minutes, purpose, at }),
          entry: leaseEntry(current, auditedCaller(caller, request), 'lease extend', detail),
        };
      });
      await tellFlow(call, extended);
      return { body: replyWith(call, access, extended) };
    },
  );
}
