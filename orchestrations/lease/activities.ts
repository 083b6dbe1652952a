import { connectRight, decideAccess, type EffectiveRoles, rolesAt } from '#shared/domain/access.ts';
import { type LeaseDocument, leasePartition } from '#shared/domain/documents.ts';
import type { ErrorRecord } from '#shared/domain/error.ts';
import { isInForce, isOver, type Lease, type LeaseRules } from '#shared/domain/lease.ts';
import { leaseNews } from '#shared/domain/lease-news.ts';
import { isSamePerson, moveLease } from '#shared/domain/lease-transitions.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { RoleAssigner } from '#shared/ports/role-assigner.ts';
import { leaseAssignmentOf } from '#shared/protocol/lease-assignment.ts';
import { newsIdOf, notificationOf } from '#shared/protocol/notifications.ts';
import { type AuditPorts, recordAudit } from '../audit-trail.ts';
import { advanceLease, leaseEntry, startLease, updateLease } from '../lease-records.ts';
import { getDocument } from '../records.ts';
import { type RevokeSessionPorts, revokeSessions, serviceActor } from '../revoke-sessions.ts';

export type LeaseActivities = ReturnType<typeof createLeaseActivities>;

/** What is known of who may, and how it is made to forget. */
interface LeaseRoles {
  rolesIn(principalId: string, subscriptionId: string, maximumAgeMs?: number): Promise<EffectiveRoles>;
  forget(principalId?: string): void;
}

export interface LeasePorts extends AuditPorts, RevokeSessionPorts {
  store: MachineStore;
  bus: MessageBus;
  roles: LeaseRoles;
  roleAssigner: RoleAssigner;
  leases: LeaseRules;
  /** Origin of API and portal. */
  controlPlane: string;
}

export interface LeaseSubject {
  machineId: string;
  leaseId: string;
}
/** `at`: the flow's time, ISO 8601. What is due is due by one clock, however many hosts there are. */
type Timed = LeaseSubject & { at: string };

/** What the flow sees of a lease. */
export type SeenLease = Pick<Lease, 'state' | 'answerBy' | 'startsAt' | 'endsAt' | 'givesRole'>;

const seen = ({ state, answerBy, startsAt, endsAt, givesRole }: Lease): SeenLease => ({
  state,
  answerBy,
  ...(givesRole && { givesRole }),
  ...(startsAt !== undefined && { startsAt }),
  ...(endsAt !== undefined && { endsAt }),
});

function withoutAssignment(lease: LeaseDocument): LeaseDocument {
  const { assignment: _, ...rest } = lease;
  return rest;
}

/** For so long after a role was taken back nobody is sure of it. */
const unsureMs = 15 * 60_000;
/** Among them are all that ended of late. */
const mostLeases = 200;

export function createLeaseActivities(ports: LeasePorts) {
  const { store, bus, roles, roleAssigner, now } = ports;

  /** Whether its requester may connect without it; read now: what was known a minute ago is no ground to give a role. */
  async function holdsRight(
    { requester, service }: Lease,
    machine: { resourceId: string; subscriptionId: string; kind: MachineKind },
  ): Promise<boolean> {
    const held = await roles.rolesIn(requester.id, machine.subscriptionId, 0);
    return decideAccess(rolesAt(held, machine.resourceId), machine.kind, connectRight(service)).allowed;
  }

  /**
   * Assignments of the same person's earlier leases that may still be there: they would stand in the way of this one, and
   * then be taken back in the midst of it.
   */
  async function removeEarlier(lease: Lease): Promise<void> {
    const since = new Date(now().getTime() - unsureMs).toISOString();
    const earlier = (await store.list(lease.machineId, 'lease', mostLeases)).filter(
      ({ id, service, requester, assignment, state }) =>
        id !== lease.id &&
        isOver({ state }) &&
        service === lease.service &&
        isSamePerson(requester, lease.requester) &&
        assignment !== undefined &&
        (assignment.removedAt ?? since) >= since,
    );
    for (const { assignment } of earlier) if (assignment) await roleAssigner.remove(assignment.id);
  }

  return {
    /** Starts it, where its time has come and is not over. */
    startLease: async ({ at, ...subject }: Timed): Promise<SeenLease> =>
      seen(await startLease(ports, subject, new Date(at))),

    /** Lapses or ends it where its time is up. */
    advanceLease: async ({ at, ...subject }: Timed): Promise<SeenLease> =>
      seen(await advanceLease(ports, subject, new Date(at))),

    /**
     * Writes the role that it comes with, where its requester still has none. It is on record first: whatever dies
     * after that, the end of the lease knows what to remove.
     */
    async giveLeaseRole({ at, ...subject }: Timed): Promise<void> {
      const { document: machine } = await getDocument(store, subject.machineId, 'machine');
      const found = await store.read(subject.machineId, 'lease', subject.leaseId);
      const lease = found?.document;
      if (!ports.leases.giveRole || !lease?.givesRole || !isInForce(lease, new Date(at))) return;
      await removeEarlier(lease);
      if (await holdsRight(lease, machine)) return;
      const assignment = leaseAssignmentOf(lease, machine);
      if (!assignment) return;
      const planned = await updateLease(ports, subject, (current) =>
        current.assignment || isOver(current) ? undefined : { lease: { ...current, assignment } },
      );
      if (isOver(planned)) return;
      const description = `Admin Center lease ${lease.id}`;
      const { isOurs } = await roleAssigner.assign({
        ...assignment,
        principalId: lease.requester.id,
        description,
      });
      if (!isOurs) await updateLease(ports, subject, (current) => ({ lease: withoutAssignment(current) }));
      roles.forget(lease.requester.id);
    },

    /** The role cannot be given: the lease opens nothing and says why. */
    refuseLease: async ({ at, error, ...subject }: Timed & { error: ErrorRecord }): Promise<void> => {
      await updateLease(ports, subject, (lease) => {
        if (lease.state !== 'approved' || !isInForce(lease, new Date(at))) return undefined;
        const ended = moveLease(lease, { type: 'end', reason: 'role_refused', at });
        const entry = leaseEntry(
          lease,
          { actor: serviceActor },
          'lease start',
          `${error.code}: ${error.detail}`,
        );
        return { lease: { ...ended, failure: error }, entry: { ...entry, outcome: 'failed' } };
      });
    },

    /** Live sessions end with their lease. */
    async cutLeaseSessions({ machineId, leaseId }: LeaseSubject): Promise<void> {
      const lease = (await store.read(machineId, 'lease', leaseId))?.document;
      const actor = lease?.end?.by ?? serviceActor;
      const ending = { actor, reason: 'lease_ended' } as const;
      await revokeSessions(ports, ending, machineId, (session) => session.leaseId === leaseId);
    },

    /** Takes the role back that was given for it, if one was. Once more does no harm: what Azure says it never had may come up. */
    async takeLeaseRole(subject: LeaseSubject): Promise<void> {
      const lease = (await store.read(subject.machineId, 'lease', subject.leaseId))?.document;
      if (!lease?.assignment) return;
      await roleAssigner.remove(lease.assignment.id);
      roles.forget(lease.requester.id);
      const removedAt = now().toISOString();
      await updateLease(ports, subject, (current) => {
        if (!current.assignment) return undefined;
        const { trouble, ...assignment } = current.assignment;
        if (trouble === undefined && assignment.removedAt !== undefined) return undefined;
        return { lease: { ...current, assignment: { removedAt, ...assignment } } };
      });
    },

    /** It could not be taken back: whoever reads the lease sees that. */
    async noteLeaseTrouble({ error, ...subject }: LeaseSubject & { error: ErrorRecord }): Promise<void> {
      await updateLease(ports, subject, (lease) =>
        lease.assignment
          ? { lease: { ...lease, assignment: { ...lease.assignment, trouble: error } } }
          : undefined,
      );
    },

    /** Tells what was not told; answers the ids of all that was. The bus drops what it is told again. */
    async tellOfLease({
      told,
      at,
      machineId,
      leaseId,
    }: Timed & { told: readonly string[] }): Promise<{ told: string[] }> {
      const [machine, lease] = await store.readTogether(machineId, [
        { type: 'machine' },
        { type: 'lease', key: leaseId },
      ]);
      if (!lease) return { told: [...told] };
      const news = leaseNews(lease.document, new Date(at)).filter(
        (one) => !told.includes(newsIdOf(leaseId, one)),
      );
      const about = machine?.document ?? { displayName: machineId, resourceId: '' };
      for (const one of news)
        await bus.notify(notificationOf(lease.document, one, about, ports.controlPlane));
      return { told: [...told, ...news.map((one) => newsIdOf(leaseId, one))] };
    },

    /** Its end could not be told: the audit says so. */
    async noteUntold({ error, machineId, leaseId }: LeaseSubject & { error: ErrorRecord }): Promise<void> {
      await recordAudit(ports, machineId, {
        actor: serviceActor,
        action: 'lease notify',
        outcome: 'failed',
        leaseId,
        detail: `${error.code}: ${error.detail}`,
      });
    },

    /** Nobody need look at it any more. */
    async closeLease({ leaseId }: LeaseSubject): Promise<void> {
      await store.commit(leasePartition, [{ remove: 'lease-entry', key: leaseId }]);
    },
  };
}
