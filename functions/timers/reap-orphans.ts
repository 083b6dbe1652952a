import { app, type InvocationContext } from '@azure/functions';
import { type DurableClient, getClient, input } from 'durable-functions';
import { commitAudited } from '#orchestrations/audit-trail.ts';
import { updateDocument } from '#orchestrations/records.ts';
import type { UninstallExtensionInput } from '#orchestrations/uninstall-extension/orchestrator.ts';
import { forgottenPartition } from '#shared/domain/audit-documents.ts';
import { computerPartition, type MachineDocument } from '#shared/domain/documents.ts';
import { haltOf, hasArrived, judgeOrphan, orphanReaper } from '#shared/domain/orphan.ts';
import { type Change } from '#shared/ports/machine-store.ts';
import { beginOperation, isFree } from '../begin-operation.ts';
import { noteThere, whereabouts } from '../known-machines.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { lookRound } from './look-round.ts';

type Log = Pick<InvocationContext, 'info' | 'warn' | 'error'>;

/** Every hour, away from the other timers. */
const schedule = '0 29 * * * *';
/** Looks at machines that are there, and as many at those that are gone: 1,000 reads of Azure Resource Manager an hour. */
const batch = 500;

const longestGoneFirst = (one: MachineDocument, other: MachineDocument): number =>
  (one.goneSince ?? '') < (other.goneSince ?? '') ? -1 : 1;

/** Looks again at those that are gone and at a share of the others; answers those that are gone at this moment. */
async function look(
  ports: AppPorts,
  machines: readonly MachineDocument[],
  context: Log,
): Promise<Set<string>> {
  const gone = new Set<string>();
  const isMarked = ({ goneSince }: MachineDocument) => goneSince !== undefined;
  await lookRound(
    ports,
    {
      name: 'orphans',
      machines: machines.filter((machine) => !isMarked(machine)),
      first: machines.filter(isMarked).toSorted(longestGoneFirst),
      size: batch,
      async look(machine) {
        const { machineId } = machine;
        const where = await whereabouts(ports, machine);
        if (where === 'there' && (isMarked(machine) || machine.movedTo !== undefined))
          await noteThere(ports, machineId);
        if (where !== 'gone') return true;
        gone.add(machineId);
        if (isMarked(machine)) return true;
        const goneSince = ports.now().toISOString();
        await updateDocument(ports.store, machineId, 'machine', undefined, (found) =>
          found.goneSince === undefined ? { document: { ...found, goneSince } } : undefined,
        );
        context.info(`Azure Resource Manager no longer knows ${machine.resourceId} (${machineId})`);
        return true;
      },
    },
    context,
  );
  return gone;
}

/** The last record of a machine of which nothing else is left; what was done to it stays in the audit. */
async function forget(ports: AppPorts, machine: MachineDocument, etag: string): Promise<void> {
  const { store } = ports;
  const { machineId, facts, resourceId, subscriptionId, displayName: name } = machine;
  if (facts?.vmId)
    await store.commit(computerPartition(facts.vmId), [{ remove: 'computer', key: machineId }]);
  // Before the record goes: whoever reads audits finds its audit by this.
  const forgotten = { type: 'forgotten-machine', machineId: forgottenPartition, key: machineId } as const;
  await store.commit(forgottenPartition, [{ put: { ...forgotten, name, resourceId, subscriptionId } }]);
  const changes: Change[] = [
    // By ETag: somebody may have found it again since.
    { replace: machine, etag },
    { remove: 'machine' },
    { remove: 'agent' },
    { remove: 'enrolment' },
    { remove: 'certificate' },
  ];
  await commitAudited(ports, machineId, changes, {
    actor: { ...orphanReaper, kind: 'service' },
    action: 'machine forget',
    outcome: 'succeeded',
    detail: `${resourceId} was deleted in Azure`,
  });
}

/** One that is gone at this moment: cleaned up after when its grace time is over, and forgotten after that. */
async function reap(
  ports: AppPorts,
  client: DurableClient,
  machineId: string,
  context: Log,
): Promise<'cleaning' | 'done'> {
  const stored = await ports.store.read(machineId, 'machine');
  if (!stored || !(await isFree(ports, client, stored.document))) return 'done';
  const { document: machine, etag } = stored;
  const { movedTo, resourceId } = machine;
  const successor = movedTo === undefined ? undefined : await ports.store.read(movedTo, 'machine');
  const step = judgeOrphan(machine, {
    now: ports.now(),
    graceHours: ports.settings.ADMIN_CENTER_ORPHAN_GRACE_HOURS,
    hasMoved: hasArrived(machine, successor?.document),
  });
  if (step === 'clean') {
    const kind = 'uninstall';
    const wishes: UninstallExtensionInput = { machineId, resourceId };
    const { id } = await beginOperation(ports, client, {
      machine: stored,
      kind,
      input: wishes,
      requestedBy: { ...orphanReaper, kind: 'service' },
    });
    context.info(`${id} cleans up after ${resourceId}`);
    return 'cleaning';
  }
  if (step === 'forget') {
    await forget(ports, machine, etag);
    context.info(`${resourceId} (${machineId}) is forgotten`);
  }
  return 'done';
}

/** Base name and wildcard. */
const recordsOfName = 2;

/**
 * Machines that were deleted in Azure without an uninstall. One that fails never stops the next. A tick cleans up after no
 * more than the zone gives up in a minute.
 */
export async function reapOrphans(ports: AppPorts, client: DurableClient, context: Log): Promise<void> {
  const { settings, store } = ports;
  const gone = await look(ports, await store.listMachines(), context);
  if (gone.size === 0) return;
  const halt = haltOf(await store.listMachines(), settings.ADMIN_CENTER_ORPHAN_SHARE);
  if (halt) {
    context.error(halt);
    return;
  }
  if (settings.ADMIN_CENTER_ORPHANS === 'report') return;
  let mayClean = Math.max(1, Math.floor(ports.recordsPerMinute / recordsOfName));
  for (const machineId of gone) {
    if (mayClean === 0) return;
    try {
      if ((await reap(ports, client, machineId, context)) === 'cleaning') mayClean -= 1;
    } catch (error) {
      context.warn(`${machineId} was not cleaned up after: ${String(error)}`);
    }
  }
}

export function registerOrphanReaper(provider: PortsProvider): void {
  app.timer('reapOrphans', {
    schedule,
    extraInputs: [input.durableClient()],
    handler: (_, context) => reapOrphans(provider(), getClient(context), context),
  });
}
