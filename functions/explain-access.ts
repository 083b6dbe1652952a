import { randomUUID } from 'node:crypto';
import { findClaimedLease } from '#orchestrations/lease-records.ts';
import {
  type AccessRight,
  accessRights,
  connectRight,
  type EffectiveRoles,
  rolesAt,
  sshLevel,
} from '#shared/domain/access.ts';
import { requiredActions } from '#shared/domain/access-actions.ts';
import {
  type AdviceContext,
  type AdvisedPrincipal,
  type Mend,
  mendRight,
} from '#shared/domain/access-advice.ts';
import { type ExplainedAccess, explain } from '#shared/domain/access-explained.ts';
import { mendCondition } from '#shared/domain/connect-advice.ts';
import { judgeConnect } from '#shared/domain/connect-conditions.ts';
import type { AgentDocument, LeaseDocument, MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { findLeaseInForce } from '#shared/domain/lease.ts';
import { type ServiceName, serviceNames } from '#shared/domain/machine.ts';
import type { EligibleRole, RoleSchedules } from '#shared/domain/role-schedule.ts';
import type { PrincipalSearch } from '#shared/ports/principal-names.ts';
import type { AccessReply, ExplainedRight, ExplainedService } from '#shared/protocol/access-api.ts';
import { viewGrant, viewPrincipal } from './access-view.ts';
import type { AppPorts } from './ports.ts';
import { asUndecided } from './remembered-roles.ts';

interface Findings {
  machine: MachineDocument;
  principal: AdvisedPrincipal & { name: string };
  roles: EffectiveRoles;
  schedules: RoleSchedules;
  names: PrincipalSearch;
  services: Partial<Record<ServiceName, number>> | undefined;
  agent: AgentDocument | undefined;
  leases: readonly LeaseDocument[];
}

interface Judged {
  explained: ExplainedAccess;
  /** What of it he could activate. */
  eligible: EligibleRole[];
  mend: Mend | undefined;
}

function judgeRight(
  { leases }: AppPorts,
  { machine, principal, roles, schedules }: Findings,
  right: AccessRight,
): Judged {
  const explained = explain(roles, machine.kind, right);
  const eligible = schedules.eligible.filter(
    (role) => explain({ grants: [role], denials: [] }, machine.kind, right).grants.length > 0,
  );
  const context: AdviceContext = {
    machine,
    principal,
    requestId: randomUUID(),
    leasesGiveRoles: leases.giveRole,
  };
  return { explained, eligible, mend: mendRight(explained, eligible, context) };
}

function viewRight(findings: Findings, { explained, eligible, mend }: Judged): ExplainedRight {
  const { principal, names, schedules } = findings;
  const view = { principalId: principal.id, names, ending: schedules.ending };
  const { right, allowed, missingAction, grants, denials, passedOver } = explained;
  return {
    right,
    allowed,
    ...(missingAction !== undefined && { missingAction }),
    grantedBy: grants.map((grant) => viewGrant(grant, view)),
    deniedBy: denials.map(({ assignmentId, name, scope, excludedGroups }) => ({
      ...(assignmentId !== undefined && { assignmentId }),
      name: name ?? assignmentId ?? '',
      scope: scope || '/',
      ...(excludedGroups && { excludedGroups: [...excludedGroups] }),
    })),
    passedOver: [
      ...passedOver.map(({ grant, why, detail }) => ({ ...viewGrant(grant, view), why, detail })),
      ...eligible.map((role) => ({
        ...viewGrant(role, { ...view, ending: [] }),
        why: 'eligible' as const,
        detail: 'eligible: it counts once it was activated',
      })),
    ],
    ...(mend && { mend }),
  };
}

function viewService(
  { leases: rules, now }: AppPorts,
  findings: Findings,
  service: ServiceName,
  role: Judged,
): ExplainedService {
  const { machine, principal, services, agent, leases, roles } = findings;
  const { allowed, missingAction = '', grants } = role.explained;
  const conditions = judgeConnect({
    service,
    userName: principal.name,
    role: allowed
      ? { allowed, grantedBy: grants.flatMap(({ assignmentId }) => assignmentId ?? []) }
      : { allowed, missingAction },
    services,
    lease: {
      required: rules.areRequired || machine.leasePolicy?.required === true,
      inForce: findLeaseInForce(leases, principal.id, service, now()),
    },
    agent,
  });
  const port = services?.[service] ?? (service === 'WAC' ? machine.extension?.port : undefined);
  const context = { machine, service, port, role: role.mend };
  const level = service === 'SSH' ? sshLevel(roles, machine.kind) : undefined;
  return {
    service,
    open: conditions.every(({ met }) => met),
    conditions: conditions.map((judged) => {
      const { condition, met, detail, code } = judged;
      const mend = mendCondition(judged, context);
      return { condition, met, detail, ...(code !== undefined && { code }), ...(mend && { mend }) };
    }),
    ...(level && { level }),
  };
}

/** In a subscription without the provider no machine has an endpoint. */
async function servicesOf({ connectivity }: AppPorts, resourceId: string): Promise<Findings['services']> {
  try {
    return await connectivity.findServiceConfigurations(resourceId);
  } catch (error) {
    if (error instanceof AppError && error.code === 'provider_not_registered') return undefined;
    throw error;
  }
}

type Asked = Pick<AdvisedPrincipal, 'id'> & { name?: string; kind?: AdvisedPrincipal['kind'] };

/** Whether the directory says that it is a group; who asks of himself is none. */
async function isGroup({ principals }: AppPorts, { id, kind }: Asked): Promise<boolean> {
  if (kind !== undefined) return kind === 'group';
  return (await principals.find([id])).found.get(id.toLowerCase())?.kind === 'group';
}

/** Everything is asked anew and at the same time. */
async function find(ports: AppPorts, machine: MachineDocument, asked: Asked): Promise<Findings> {
  const { store, roleDirectory } = ports;
  const { machineId, resourceId, subscriptionId } = machine;
  try {
    const principal = { id: asked.id, isGroup: await isGroup(ports, asked) };
    const [held, schedules, services, agent, leases] = await Promise.all([
      principal.isGroup
        ? roleDirectory.groupRolesIn(asked.id, subscriptionId)
        : ports.roles.rolesIn(asked.id, subscriptionId, 0),
      roleDirectory.schedulesAt(resourceId, principal),
      servicesOf(ports, resourceId),
      store.read(machineId, 'agent'),
      Promise.all(
        serviceNames.map((service) => findClaimedLease(store, machineId, { service, requester: asked })),
      ),
    ]);
    const roles = rolesAt(held, resourceId);
    const holders = [...roles.grants, ...schedules.eligible].flatMap(({ principal }) => principal?.id ?? []);
    const names = await ports.principals.find([asked.id, ...holders]);
    const { kind, name = asked.name ?? asked.id } = viewPrincipal(names, asked.id);
    return {
      machine,
      principal: { id: asked.id, name, kind: kind === 'unknown' ? (asked.kind ?? kind) : kind },
      roles,
      schedules,
      names,
      services,
      agent: agent?.document,
      leases: leases.filter((lease) => lease !== undefined),
    };
  } catch (error) {
    throw asUndecided(error);
  }
}

/**
 * Who somebody is on a machine, and why: what `decideAccess` and `judgeConnect` answer now, with what it rests on. Nothing is
 * decided by it. Throws `principal_not_found` for one that the directory does not have, unless `name` says that he is known.
 */
export async function explainAccess(
  ports: AppPorts,
  machine: MachineDocument,
  asked: Asked,
): Promise<AccessReply> {
  const findings = await find(ports, machine, asked);
  const { principal, names, roles } = findings;
  if (asked.name === undefined && names.missing.has(principal.id.toLowerCase())) {
    throw new AppError('principal_not_found', `the directory has nobody with the object id ${principal.id}`, {
      facts: { principal: principal.id },
    });
  }
  const judged = new Map(accessRights.map((right) => [right, judgeRight(ports, findings, right)] as const));
  return {
    machineId: machine.machineId,
    principal,
    decidedAt: (roles.readAt === undefined ? ports.now() : new Date(roles.readAt)).toISOString(),
    services: serviceNames.flatMap((service) => {
      const right = connectRight(service);
      const role = judged.get(right);
      const isOffered = requiredActions[machine.kind][right].length > 0;
      return role && isOffered ? [viewService(ports, findings, service, role)] : [];
    }),
    rights: [...judged.values()].map((one) => viewRight(findings, one)),
  };
}
