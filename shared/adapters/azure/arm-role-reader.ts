import { z } from 'zod';
import type { DenyRule } from '#shared/domain/access.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { authorizationVersion, createRoleGrants, permissions } from './arm-role-grants.ts';

const denyAssignment = z.object({
  id: z.string(),
  properties: z.object({
    denyAssignmentName: z.string().nullish(),
    scope: z.string(),
    permissions,
    doNotApplyToChildScopes: z.boolean().nullish(),
    excludePrincipals: z.array(z.object({ id: z.string(), type: z.string().nullish() })).nullish(),
  }),
});

export function createArmRoleReader({ arm }: { arm: ArmClient }): RoleReader {
  const roleGrants = createRoleGrants(arm);

  const readDenials = async (
    path: string,
    query: Record<string, string>,
    principalId: string,
  ): Promise<DenyRule[]> => {
    const assignments = await arm.list(
      `${path}/denyAssignments`,
      authorizationVersion,
      denyAssignment,
      query,
    );
    return assignments
      .filter(
        ({ properties: { excludePrincipals } }) =>
          !excludePrincipals?.some(({ id }) => id.toLowerCase() === principalId),
      )
      .map(({ id, properties }) => {
        const { scope, permissions: denied, denyAssignmentName: name, doNotApplyToChildScopes } = properties;
        const excludedGroups = (properties.excludePrincipals ?? [])
          .filter(({ type }) => type !== 'User' && type !== 'ServicePrincipal')
          .map((one) => one.id);
        return {
          scope,
          permissions: denied,
          assignmentId: id,
          ...(name && { name }),
          ...(doNotApplyToChildScopes && { ownScopeOnly: true }),
          ...(excludedGroups.length > 0 && { excludedGroups }),
        };
      });
  };

  return {
    async rolesIn(principalId, subscriptionId) {
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization`;
      const query = { $filter: `assignedTo('${principalId.replaceAll("'", "''")}')` };
      const [grants, denials] = await Promise.all([
        roleGrants.list(path, query),
        readDenials(path, query, principalId.toLowerCase()),
      ]);
      return { grants, denials };
    },
  };
}
