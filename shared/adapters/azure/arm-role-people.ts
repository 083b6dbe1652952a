import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { EligibleRole, EndingRole } from '#shared/domain/role-schedule.ts';
import type { AskedPrincipal, RoleDirectory } from '#shared/ports/role-directory.ts';
import type { ArmClient } from './arm-client.ts';
import { createDenials } from './arm-role-denials.ts';
import { createRoleGrants } from './arm-role-grants.ts';

/** "Role Assignment Schedule Instances" and "Role Eligibility Schedule Instances" of the Authorization REST reference. */
const scheduleVersion = '2020-10-01';

/** Up to seven fractional digits, as the service writes times. */
const timestamp = z
  .string()
  .nullish()
  .transform((text) => {
    const at = text ? Date.parse(text) : Number.NaN;
    return Number.isNaN(at) ? undefined : new Date(at).toISOString();
  });
const scheduleInstance = z.object({
  id: z.string(),
  properties: z.object({
    roleDefinitionId: z.string(),
    principalId: z.string(),
    principalType: z.string().nullish(),
    scope: z.string(),
    condition: z.string().nullish(),
    endDateTime: timestamp,
    roleEligibilityScheduleId: z.string().nullish(),
  }),
});
type ScheduleInstance = z.infer<typeof scheduleInstance>;

const authorizationOf = (resourceId: string): string => `${resourceId}/providers/Microsoft.Authorization`;

/** `assignedTo` resolves the groups of users and service principals, and knows no group itself. */
const filterFor = ({ id, isGroup }: AskedPrincipal): string => {
  const text = `'${id.replaceAll("'", "''")}'`;
  return isGroup ? `principalId eq ${text}` : `assignedTo(${text})`;
};

export function createArmRolePeople({ arm }: { arm: ArmClient }): RoleDirectory {
  const roleGrants = createRoleGrants(arm);

  /** Without the licence for Privileged Identity Management ARM refuses to list: then nothing is by time. */
  const listInstances = async (path: string, $filter: string): Promise<ScheduleInstance[]> => {
    try {
      return await arm.list(path, scheduleVersion, scheduleInstance, { $filter });
    } catch (error) {
      if (error instanceof AppError && error.code === 'resource_manager_refused') return [];
      throw error;
    }
  };

  const toEligible = async ({ id, properties }: ScheduleInstance): Promise<EligibleRole[]> => {
    const { endDateTime, roleEligibilityScheduleId, ...assigned } = properties;
    const grant = await roleGrants.complete({ id, properties: assigned });
    if (!grant) return [];
    const { assignmentId: _, ...eligible } = grant;
    return [
      {
        ...eligible,
        ...(endDateTime !== undefined && { endsAt: endDateTime }),
        ...(roleEligibilityScheduleId && { scheduleId: roleEligibilityScheduleId }),
      },
    ];
  };

  const toEnding = ({ properties }: ScheduleInstance): EndingRole[] => {
    const { principalId, roleDefinitionId, scope, endDateTime: endsAt } = properties;
    return endsAt === undefined ? [] : [{ principalId, roleDefinitionId, scope, endsAt }];
  };

  return {
    assignmentsAt: (resourceId) => roleGrants.list(authorizationOf(resourceId), { $filter: 'atScope()' }),
    async groupRolesIn(groupId, subscriptionId) {
      const path = authorizationOf(`/subscriptions/${subscriptionId.toLowerCase()}`);
      const filter = filterFor({ id: groupId, isGroup: true });
      const [grants, denials] = await Promise.all([
        roleGrants.list(path, { $filter: filter }),
        createDenials(arm, path, Date.now).read(groupId, filter, Promise.resolve([])),
      ]);
      return { grants, denials };
    },
    async schedulesAt(resourceId, principal) {
      const path = authorizationOf(resourceId);
      const filter = principal === undefined ? 'atScope()' : filterFor(principal);
      const [assigned, eligible] = await Promise.all([
        listInstances(`${path}/roleAssignmentScheduleInstances`, filter),
        listInstances(`${path}/roleEligibilityScheduleInstances`, filter),
      ]);
      return {
        ending: assigned.flatMap(toEnding),
        eligible: (await Promise.all(eligible.map(toEligible))).flat(),
      };
    },
  };
}
