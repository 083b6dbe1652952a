import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { haltOf, leftoversOf, removedAfter } from '#shared/domain/orphan.ts';
import { problem } from '#shared/protocol/api.ts';
import { type OrphansReply, orphansReply } from '#shared/protocol/install-api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import type { Caller } from './authorization.ts';
import { decideAt } from './machine-access.ts';
import { defineRoute } from './route.ts';

/**
 * Who may install there: assignments on a group or a subscription outlive the machine, those on the machine itself went
 * with it. Of a subscription that nobody can ask about, nothing is shown.
 */
async function mayInstall(ports: AppPorts, caller: Caller, machine: MachineDocument): Promise<boolean> {
  try {
    return (await decideAt(ports, caller, machine, 'install')).decision.allowed;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'machine_not_found') throw error;
    return false;
  }
}

async function listOrphans(ports: AppPorts, caller: Caller): Promise<OrphansReply> {
  const { settings, zone } = ports;
  const graceHours = settings.ADMIN_CENTER_ORPHAN_GRACE_HOURS;
  const machines = await ports.store.listMachines();
  const value: OrphansReply['value'] = [];
  for (const machine of machines) {
    const { machineId, resourceId, displayName, goneSince, movedTo = null } = machine;
    if (goneSince === undefined || !(await mayInstall(ports, caller, machine))) continue;
    value.push({
      machineId,
      resourceId,
      name: displayName,
      goneSince,
      removedAfter: removedAfter(goneSince, graceHours),
      movedTo,
      leftovers: leftoversOf(machine, zone),
    });
  }
  return {
    mode: settings.ADMIN_CENTER_ORPHANS,
    graceHours,
    halted: haltOf(machines, settings.ADMIN_CENTER_ORPHAN_SHARE) ?? null,
    value: value.toSorted((one, other) => (one.goneSince < other.goneSince ? -1 : 1)),
  };
}

export function registerOrphans(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'listOrphans',
      method: 'GET',
      route: 'api/orphans',
      audience: 'user',
      applications: true,
      summary: 'Machines that were deleted in Azure, and what is removed after them; nothing is changed',
      replies: { 200: orphansReply, 401: problem },
    },
    async ({ ports, caller }) => ({ body: await listOrphans(ports, caller) }),
  );
}
