import { type AccessDecision, decideAccess, type EffectiveRoles } from '#shared/domain/access.ts';
import type { CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import {
  type FleetWishes,
  missingMachine,
  needsCertificate,
  type Refusal,
  refusalOf,
} from '#shared/domain/fleet-install.ts';
import { turnsOf } from '#shared/domain/fleet-turns.ts';
import { failuresOf, type PreconditionResult } from '#shared/domain/precondition.ts';
import type { ZoneFindings } from '#shared/domain/precondition-rules.ts';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { ResourceManager, RoleReader } from '#shared/ports/resource-manager.ts';
import { decideRight } from './decide-right.ts';
import { checkRequirements, type RequirementsPorts } from './requirements.ts';

interface RightsPorts {
  resources: Pick<ResourceManager, 'tenantOf'>;
  roles: RoleReader;
}

/** As it is now: a fleet install can take longer than a role assignment lasts. */
export async function decideInstall(
  { resources, roles }: RightsPorts,
  caller: { id: string; tenantId: string },
  machine: Pick<MachineDocument, 'subscriptionId' | 'resourceId' | 'kind'>,
): Promise<AccessDecision> {
  const { subscriptionId, resourceId, kind } = machine;
  const tenant = await resources.tenantOf(subscriptionId);
  const decide = (held: EffectiveRoles) => decideAccess(held, kind, 'install');
  if (tenant.toLowerCase() !== caller.tenantId.toLowerCase()) return decide({ grants: [], denials: [] });
  return (await decideRight(roles, { principalId: caller.id, subscriptionId, resourceId }, decide)).decision;
}

export interface Outlook {
  /** Absent where it can be installed. */
  refusal?: Refusal;
  /** Requirements that are not met, whatever else stands in the way. */
  failures: PreconditionResult[];
}

/** What an install of this machine would come to now; `operationId` is our own where it has begun. */
export async function lookAhead(
  ports: RequirementsPorts,
  machine: MachineDocument,
  given: { wishes: FleetWishes; right: AccessDecision; operationId?: string; zone(): Promise<ZoneFindings> },
): Promise<Outlook> {
  const { wishes, right, operationId } = given;
  const { currentOperation } = machine;
  const found =
    currentOperation && currentOperation.id !== operationId
      ? await ports.store.read(machine.machineId, 'operation', currentOperation.id)
      : undefined;
  // One that has ended, or is forgotten, holds the machine no longer.
  const holder = found?.document.status === 'running' ? found.document : undefined;
  const subject = { machine, wishes, right, holder };
  const early = refusalOf({ ...subject, failures: [] });
  if (early && early.error?.code !== 'consent_required') return { refusal: early, failures: [] };
  try {
    const failures = failuresOf(await checkRequirements(ports, machine, { zone: given.zone() }));
    const refusal = refusalOf({ ...subject, failures });
    return { failures, ...(refusal && { refusal }) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'machine_not_found') throw error;
    return { refusal: missingMachine(machine.resourceId), failures: [] };
  }
}

export interface TurnsPorts {
  store: MachineStore;
  budgets: BudgetStore;
  authorities: readonly CertificateAuthority[];
}

/**
 * When each machine may begin, milliseconds since the epoch, by what the authorities have left; one that is not in the
 * answer orders no certificate.
 */
export async function readTurns(
  { budgets, authorities }: TurnsPorts,
  machineIds: readonly string[],
  { keys }: FleetWishes,
  certificates: readonly CertificateDocument[],
  now: number,
): Promise<Map<string, number>> {
  const read = authorities.map(async ({ name, authority, custodies, limits }) => {
    const { etag: _, ...budget } = await budgets.read(name);
    return { name, authority, custodies, limits, ...budget };
  });
  const known = new Map(certificates.map((record) => [record.machineId, record]));
  const wanted = machineIds
    .map((machineId) => ({ machineId, custody: keys ?? known.get(machineId)?.custody ?? 'vault' }))
    .filter(({ machineId, custody }) => needsCertificate(known.get(machineId), custody, now));
  return turnsOf(await Promise.all(read), certificates, wanted, now);
}

/** Without limits nobody waits for anybody. */
export const haveLimits = (authorities: readonly CertificateAuthority[]): boolean =>
  authorities.some(({ limits }) => limits.length > 0);
