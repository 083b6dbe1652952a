import { recordAudit } from '#orchestrations/audit-trail.ts';
import { checkRequirements } from '#orchestrations/requirements.ts';
import type { AuditAction } from '#shared/domain/audit-actions.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import {
  checkBeforeConnect,
  describeFailures,
  failuresOf,
  type PreconditionResult,
} from '#shared/domain/precondition.ts';
import type { AppPorts } from '../ports.ts';
import type { Acting } from './audit-actor.ts';

/** Keeps the record of what was refused and why, then throws `precondition_unmet` with every failure. */
async function refuse(
  ports: AppPorts,
  by: Acting,
  { machineId }: MachineDocument,
  refused: { action: AuditAction; failures: readonly PreconditionResult[] },
): Promise<never> {
  const { action, failures } = refused;
  const error = new AppError('precondition_unmet', describeFailures(failures), {
    facts: { preconditions: failures },
  });
  await recordAudit(ports, machineId, {
    ...by,
    action,
    outcome: 'refused',
    decision: { code: error.code },
    detail: error.message,
  });
  throw error;
}

/** Throws `precondition_unmet` with every failure at once; warnings refuse nothing. */
export async function requireInstallable(
  ports: AppPorts,
  by: Acting,
  machine: MachineDocument,
  action: AuditAction = 'install begin',
): Promise<void> {
  const failures = failuresOf(await checkRequirements(ports, machine));
  if (failures.length > 0) await refuse(ports, by, machine, { action, failures });
}

/** The requirements that may have changed since the install, on facts no older than ten minutes; as above. */
export async function requireStillMet(
  ports: AppPorts,
  by: Acting,
  machine: MachineDocument,
  action: AuditAction,
): Promise<void> {
  const facts = await ports.facts.recent(machine.resourceId);
  if (!facts) throw new AppError('machine_not_found', 'Azure Resource Manager no longer knows this machine');
  const failures = failuresOf(checkBeforeConnect(machine.kind, { facts, policy: ports.policy }));
  if (failures.length > 0) await refuse(ports, by, machine, { action, failures });
}
