import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import {
  checkBeforeConnect,
  checkPreconditions,
  describeFailures,
  failuresOf,
  type PreconditionResult,
} from '#shared/domain/precondition.ts';
import type { PreconditionPolicy, ZoneFindings } from '#shared/domain/precondition-rules.ts';
import type { AppPorts } from '../ports.ts';
import type { Caller } from './authorization.ts';

const policyOf = ({ settings }: AppPorts): PreconditionPolicy => ({
  arcAgentMinimum: settings.ADMIN_CENTER_ARC_AGENT_MINIMUM,
  regions: settings.ADMIN_CENTER_REGIONS,
});

const gone = () => new AppError('machine_not_found', 'Azure Resource Manager no longer knows this machine');

/** The zone of the machines as the world sees it. That nobody answers for it is a finding, not a failure to look. */
async function examineZone({ dns, publicDns }: AppPorts): Promise<ZoneFindings> {
  const name = dns.zone;
  try {
    const { faults } = await publicDns.checkDelegation(name, await dns.nameServers());
    return { name, faults };
  } catch (error) {
    if (!(error instanceof AppError) || !/^dns_(unavailable|zone_missing)$/.test(error.code)) throw error;
    return { name, faults: [error.message] };
  }
}

/** Every requirement of an install, on facts read now. Throws `machine_not_found` when the machine was deleted in ARM. */
export async function checkInstall(ports: AppPorts, machine: MachineDocument): Promise<PreconditionResult[]> {
  const [facts, zone] = await Promise.all([ports.facts.read(machine.resourceId), examineZone(ports)]);
  if (!facts) throw gone();
  return checkPreconditions(machine.kind, { facts, zone, policy: policyOf(ports) });
}

/** Keeps the record of what was refused and why, then throws `precondition_unmet` with every failure. */
async function refuse(
  ports: AppPorts,
  caller: Caller,
  { machineId }: MachineDocument,
  refused: { action: string; failures: readonly PreconditionResult[] },
): Promise<never> {
  const { action, failures } = refused;
  const error = new AppError('precondition_unmet', describeFailures(failures), {
    facts: { preconditions: failures },
  });
  const at = ports.now().toISOString();
  await ports.store.commit(machineId, [
    {
      create: {
        type: 'audit',
        machineId,
        key: `${at}-${ports.newId()}`,
        at,
        actor: { id: caller.id, name: caller.name },
        action,
        outcome: 'refused',
        detail: `${error.code}: ${error.message}`,
      },
    },
  ]);
  throw error;
}

/** Throws `precondition_unmet` with every failure at once; warnings refuse nothing. */
export async function requireInstallable(
  ports: AppPorts,
  caller: Caller,
  machine: MachineDocument,
): Promise<void> {
  const failures = failuresOf(await checkInstall(ports, machine));
  if (failures.length > 0) await refuse(ports, caller, machine, { action: 'install', failures });
}

/** The requirements that may have changed since the install, on facts no older than ten minutes; as above. */
export async function requireStillMet(
  ports: AppPorts,
  caller: Caller,
  machine: MachineDocument,
  action: string,
): Promise<void> {
  const facts = await ports.facts.recent(machine.resourceId);
  if (!facts) throw gone();
  const failures = failuresOf(checkBeforeConnect(machine.kind, { facts, policy: policyOf(ports) }));
  if (failures.length > 0) await refuse(ports, caller, machine, { action, failures });
}
