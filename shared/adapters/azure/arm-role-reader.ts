import { z } from 'zod';
import type { DenyRule, Permissions, RoleGrant } from '#shared/domain/access.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { remembered } from './remembered.ts';

const apiVersion = '2022-04-01';
/** A changed custom role is seen after this at the latest. */
const definitionFreshMs = 60_000;
const mostDefinitions = 1000;

const names = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const permissions = z.array(
  z.object({ actions: names, notActions: names, dataActions: names, notDataActions: names }),
);

const roleAssignment = z.object({
  id: z.string(),
  properties: z.object({
    roleDefinitionId: z.string(),
    scope: z.string(),
    principalId: z.string(),
    principalType: z.string().nullish(),
    condition: z.string().nullish(),
  }),
});
const roleDefinition = z.object({ properties: z.object({ roleName: z.string(), permissions }) });
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

interface RoleDefinition {
  roleName: string;
  permissions: readonly Permissions[];
}

export function createArmRoleReader({ arm }: { arm: ArmClient }): RoleReader {
  const definitions = new Map<string, () => Promise<RoleDefinition | undefined>>();

  const readDefinition = (id: string): Promise<RoleDefinition | undefined> => {
    const key = id.toLowerCase();
    const read = async () => (await orMissing(arm.get(id, apiVersion, roleDefinition)))?.properties;
    const known = definitions.get(key) ?? remembered(read, definitionFreshMs);
    if (!definitions.has(key) && definitions.size >= mostDefinitions) definitions.clear();
    definitions.set(key, known);
    return known();
  };

  const readGrants = async (path: string, query: Record<string, string>): Promise<RoleGrant[]> => {
    const assignments = await arm.list(`${path}/roleAssignments`, apiVersion, roleAssignment, query);
    const grants = await Promise.all(
      assignments.map(async ({ id, properties }): Promise<RoleGrant | undefined> => {
        const { roleDefinitionId, scope, principalId, principalType, condition } = properties;
        const definition = await readDefinition(roleDefinitionId);
        if (!definition) return undefined;
        return {
          ...definition,
          scope,
          assignmentId: id,
          roleDefinitionId,
          principal: { id: principalId, kind: principalType ?? 'unknown' },
          ...(condition && { condition }),
        };
      }),
    );
    return grants.filter((grant) => grant !== undefined);
  };

  const readDenials = async (
    path: string,
    query: Record<string, string>,
    principalId: string,
  ): Promise<DenyRule[]> => {
    const assignments = await arm.list(`${path}/denyAssignments`, apiVersion, denyAssignment, query);
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
        readGrants(path, query),
        readDenials(path, query, principalId.toLowerCase()),
      ]);
      return { grants, denials };
    },
  };
}
