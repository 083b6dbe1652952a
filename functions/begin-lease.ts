import type { DurableClient } from 'durable-functions';
import { commitAudited } from '#orchestrations/audit-trail.ts';
import { advanceLease, leaseClaimKey, leaseEntry } from '#orchestrations/lease-records.ts';
import type { AuditActor } from '#shared/domain/audit.ts';
import {
  type LeaseDocument,
  leasePartition,
  leasesOf,
  type MachineDocument,
} from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { isOver, type Lease, leaseLimits } from '#shared/domain/lease.ts';
import { newLeaseId } from '#shared/domain/lease-id.ts';
import { requestLease } from '#shared/domain/lease-transitions.ts';
import type { AppPorts } from './ports.ts';
import { reconcileLease, startLeaseFlow } from './reconcile-lease.ts';

type Wishes = Pick<
  Lease,
  'service' | 'requester' | 'minutes' | 'purpose' | 'reference' | 'notBefore' | 'givesRole'
>;

export interface LeaseWish {
  machine: MachineDocument;
  wishes: Wishes;
  actor: { actor: AuditActor; from?: string };
}

const daySeconds = 24 * 60 * 60;
/** An entry outlives its lease: the longest that one can be open, and the 90 days after it. */
const entrySeconds = (leaseLimits.aheadDays + 3 + 90) * daySeconds;
/** Requests of one person that race each other. */
const rounds = 8;

const isSame = (lease: Lease, wishes: Wishes): boolean =>
  lease.minutes === wishes.minutes &&
  lease.purpose === wishes.purpose &&
  lease.reference === wishes.reference &&
  lease.notBefore === wishes.notBefore;

/** The open lease of this person for this service; one whose time is up is ended on the way. */
async function findOpen(
  ports: AppPorts,
  machineId: string,
  wishes: Wishes,
): Promise<LeaseDocument | undefined> {
  const claim = await ports.store.read(machineId, 'lease-claim', leaseClaimKey(wishes));
  if (!claim) return undefined;
  const subject = { machineId, leaseId: claim.document.leaseId };
  const lease = await advanceLease(ports, subject, ports.now());
  return isOver(lease) ? undefined : lease;
}

async function record(ports: AppPorts, { machine, wishes, actor }: LeaseWish): Promise<LeaseDocument> {
  const { machineId } = machine;
  const now = ports.now();
  const id = newLeaseId(now, ports.newId());
  const lease: LeaseDocument = {
    ...requestLease({ ...wishes, id, machineId, requestedAt: now.toISOString() }),
    type: 'lease',
    key: id,
  };
  const entry = {
    type: 'lease-entry',
    key: id,
    leaseMachineId: machineId,
    requesterId: wishes.requester.id,
    ttlSeconds: entrySeconds,
  } as const;
  // First: an entry without its lease is passed over, and a lease without its entry would wait for nobody.
  await Promise.all(
    [leasePartition, leasesOf(wishes.requester.id)].map((partition) =>
      ports.store.commit(partition, [{ create: { ...entry, machineId: partition } }]),
    ),
  );
  const claim = { type: 'lease-claim', machineId, key: leaseClaimKey(wishes), leaseId: id } as const;
  const detail = `${lease.minutes} minutes: ${lease.purpose}`;
  await commitAudited(
    ports,
    machineId,
    [{ create: claim }, { create: lease }],
    leaseEntry(lease, actor, 'lease request', detail),
  );
  return lease;
}

/**
 * Records a request and begins to follow it, or answers the open one that the same request began. Throws `lease_exists`
 * where another is open. A crash between record and start is mended by whoever looks next.
 */
export async function beginLease(
  ports: AppPorts,
  client: DurableClient,
  wish: LeaseWish,
): Promise<{ lease: LeaseDocument; isNew: boolean }> {
  for (let round = 1; ; round += 1) {
    const open = await findOpen(ports, wish.machine.machineId, wish.wishes);
    if (open && !isSame(open, wish.wishes))
      throw new AppError('lease_exists', `you have a lease for ${open.service} here, it is ${open.state}`, {
        facts: { leaseId: open.id },
      });
    if (open) return { lease: await reconcileLease(ports, client, open), isNew: false };
    try {
      const lease = await record(ports, wish);
      await startLeaseFlow(client, lease);
      return { lease, isNew: true };
    } catch (error) {
      // The same person was faster somewhere else.
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}
