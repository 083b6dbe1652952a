import type { AuditActor, AuditEntry } from '#shared/domain/audit.ts';
import type { AuditAction } from '#shared/domain/audit-actions.ts';
import type { LeaseDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { isInForce, isOver, type Lease } from '#shared/domain/lease.ts';
import { dueEvent, moveLease } from '#shared/domain/lease-transitions.ts';
import type { Change, MachineStore, Stored } from '#shared/ports/machine-store.ts';
import { type AuditPorts, commitAudited } from './audit-trail.ts';
import { serviceActor } from './revoke-sessions.ts';

/** Seconds. From its end. */
const keptSeconds = 90 * 24 * 60 * 60;
/** More than a machine has at a time: each person has one for each service. */
const mostOpen = 5_000;
/** Writers of one lease that race each other settle within a few rounds: each loser reads again. */
const rounds = 8;

export const leaseClaimKey = ({
  service,
  requester,
}: Pick<Lease, 'service'> & { requester: { id: string } }): string =>
  `${service}-${requester.id.toLowerCase()}`;

export const unknownLease = (id: string): AppError =>
  new AppError('lease_not_found', `there is no lease ${id} that you may see`);

/**
 * The one lease of this person for this service that may be open: found by its claim, however many others are kept. Undefined
 * where there is none.
 */
export async function findClaimedLease(
  store: MachineStore,
  machineId: string,
  holder: Pick<Lease, 'service'> & { requester: { id: string } },
): Promise<LeaseDocument | undefined> {
  const claim = await store.read(machineId, 'lease-claim', leaseClaimKey(holder));
  return claim && (await store.read(machineId, 'lease', claim.document.leaseId))?.document;
}

interface LeaseChange {
  lease: LeaseDocument;
  /** Without it nothing happened that anybody asks after: a note about what was tried. */
  entry?: AuditEntry;
}

function changesOf({ document: before, etag }: Stored<LeaseDocument>, lease: LeaseDocument) {
  const isEnd = !isOver(before) && isOver(lease);
  const document: LeaseDocument = isOver(lease) ? { ...lease, ttlSeconds: keptSeconds } : lease;
  const changes: Change[] = [
    { replace: document, etag },
    // Not with a later write: the claim may be that of the next lease by then.
    ...(isEnd ? [{ remove: 'lease-claim' as const, key: leaseClaimKey(lease) }] : []),
  ];
  return { document, changes };
}

/**
 * Changes a lease by ETag together with the record of who did it. `change` answers undefined to leave it as it is; it is
 * asked again when somebody else was faster. Answers what is stored in the end.
 */
export async function updateLease(
  ports: AuditPorts,
  { machineId, leaseId }: { machineId: string; leaseId: string },
  change: (lease: LeaseDocument) => LeaseChange | undefined,
): Promise<LeaseDocument> {
  for (let round = 1; ; round += 1) {
    const found = await ports.store.read(machineId, 'lease', leaseId);
    if (!found) throw unknownLease(leaseId);
    const changed = change(found.document);
    if (!changed) return found.document;
    const { document, changes } = changesOf(found, changed.lease);
    try {
      if (changed.entry) await commitAudited(ports, machineId, changes, changed.entry);
      else await ports.store.commit(machineId, changes);
      return document;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'etag_mismatch' || round === rounds) throw error;
    }
  }
}

/** The record of what happens to a lease: who does it, in which words. */
export const leaseEntry = (
  lease: Pick<Lease, 'id' | 'service' | 'requester'>,
  actor: { actor: AuditActor; from?: string },
  action: AuditAction,
  detail?: string,
): AuditEntry => ({
  ...actor,
  action,
  outcome: 'succeeded',
  leaseId: lease.id,
  detail: `${lease.service} for ${lease.requester.name}${detail === undefined ? '' : `: ${detail}`}`,
});

/** Lapses or ends a lease whose time is up. */
export const advanceLease = (
  ports: AuditPorts,
  subject: { machineId: string; leaseId: string },
  now: Date,
): Promise<LeaseDocument> => updateLease(ports, subject, (lease) => advanced(lease, now));

/** Starts a lease whose time has come; as above where that is over already. */
export const startLease = (
  ports: AuditPorts,
  subject: { machineId: string; leaseId: string },
  now: Date,
): Promise<LeaseDocument> =>
  updateLease(ports, subject, (lease) => {
    if (lease.state !== 'approved' || !isInForce(lease, now)) return advanced(lease, now);
    const started = moveLease(lease, { type: 'start', at: now.toISOString() });
    return { lease: started, entry: leaseEntry(lease, { actor: serviceActor }, 'lease start') };
  });

function advanced(lease: LeaseDocument, now: Date): LeaseChange | undefined {
  const event = dueEvent(lease, now);
  if (!event) return undefined;
  const why = event.type === 'lapse' ? 'nobody decided in time' : 'expired';
  const entry = leaseEntry(lease, { actor: serviceActor }, 'lease end', why);
  return { lease: moveLease(lease, event), entry };
}

/** Ends every open lease of a machine that is uninstalled; the flows take the roles back that they gave. */
export async function endLeasesOf(ports: AuditPorts, machineId: string, actor: AuditActor): Promise<void> {
  // By their claims: of those that are over there may be any number.
  for (const { leaseId } of await ports.store.list(machineId, 'lease-claim', mostOpen)) {
    await updateLease(ports, { machineId, leaseId }, (lease) => {
      if (isOver(lease)) return undefined;
      const by = { id: actor.id, name: actor.name };
      const at = ports.now().toISOString();
      return {
        lease: moveLease(lease, { type: 'end', reason: 'uninstalled', by, at }),
        entry: leaseEntry(lease, { actor }, 'lease end', 'the machine is uninstalled'),
      };
    });
  }
}
