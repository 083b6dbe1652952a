import { type AccessRight, accessRights, decideAccess, type RoleGrant } from '#shared/domain/access.ts';
import type { MachineKind } from '#shared/domain/machine.ts';
import { type AccessPeopleReply, accessPeopleReply } from '#shared/protocol/access-api.ts';
import { problem } from '#shared/protocol/api.ts';
import { viewGrant, viewPrincipal } from '../access-view.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { asUndecided } from '../remembered-roles.ts';
import { openMachine, requireRight } from './machine-access.ts';
import { defineRoute } from './route.ts';

/** What an assignment gives by itself; of one whose condition keeps it from that, what it would give without. */
function rightsOf(grant: RoleGrant, kind: MachineKind): { rights: AccessRight[]; condition?: string } {
  const { condition, ...free } = grant;
  const given = (one: RoleGrant) =>
    accessRights.filter((right) => decideAccess({ grants: [one], denials: [] }, kind, right).allowed);
  const [counted, named] = [given(grant), given(free)];
  return condition !== undefined && counted.length < named.length
    ? { rights: named, condition }
    : { rights: counted };
}

/** What reaches the machine is what ARM lists at or above it; deny assignments are told of each person, not here. */
async function listPeople(
  { roleDirectory, principals }: AppPorts,
  { resourceId, kind }: { resourceId: string; kind: MachineKind },
): Promise<AccessPeopleReply> {
  const [assigned, schedules] = await Promise.all([
    roleDirectory.assignmentsAt(resourceId),
    roleDirectory.schedulesAt(resourceId),
  ]).catch((error: unknown) => {
    throw asUndecided(error);
  });
  const found = [
    ...assigned.map((grant) => ({ grant, eligible: false })),
    ...schedules.eligible.map((grant) => ({ grant, eligible: true })),
  ].flatMap(({ grant, eligible }) => {
    const given = rightsOf(grant, kind);
    return given.rights.length === 0 || !grant.principal
      ? []
      : [{ grant, eligible, given, principal: grant.principal }];
  });
  const names = await principals.find(found.map(({ principal }) => principal.id));
  return {
    value: found.map(({ grant, eligible, given, principal }) => ({
      ...viewGrant(grant, { names, ending: eligible ? [] : schedules.ending }),
      principal: viewPrincipal(names, principal.id, principal.kind),
      rights: given.rights,
      eligible,
      ...(given.condition !== undefined && { condition: given.condition }),
    })),
  };
}

export function registerAccessPeople(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'listAccessPeople',
      method: 'GET',
      route: 'api/machines/{id}/access/people',
      audience: 'user',
      applications: true,
      limit: 'exports',
      summary: 'Every assignment at the machine or above it that gives one of its rights, and whose it is',
      replies: {
        200: accessPeopleReply,
        401: problem,
        403: problem,
        404: problem,
        502: problem,
        503: problem,
      },
    },
    async ({ ports, caller, parameter }) => {
      const access = await openMachine(ports, caller, parameter('id'));
      await requireRight(access, 'read-access');
      return { body: await listPeople(ports, access.machine) };
    },
  );
}
