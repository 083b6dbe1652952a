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
  properties: z.object({ roleDefinitionId: z.string(), scope: z.string(), condition: z.string().nullish() }),
});
const roleDefinition = z.object({ properties: z.object({ roleName: z.string(), permissions }) });
const denyAssignment = z.object({
  properties: z.object({
    scope: z.string(),
    permissions,
    doNotApplyToChildScopes: z.boolean().nullish(),
    excludePrincipals: z.array(z.object({ id: z.string() })).nullish(),
  }),
});

interface RoleDefinition {
  roleName: string;
  permissions: readonly Permissions[];
}

const isResourceScope = (scope: string): boolean => /^\/subscriptions\/.*\/providers\//i.test(scope);

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
      assignments.map(async ({ properties: { roleDefinitionId, scope, condition } }) => {
        const definition = await readDefinition(roleDefinitionId);
        return definition && { ...definition, scope, ...(condition && { condition }) };
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
    return (
      assignments
        .map(({ properties }) => properties)
        .filter(
          ({ excludePrincipals }) => !excludePrincipals?.some(({ id }) => id.toLowerCase() === principalId),
        )
        // One that stops at its own scope reaches a machine only when that scope is the machine.
        .filter(({ scope, doNotApplyToChildScopes }) => !doNotApplyToChildScopes || isResourceScope(scope))
        .map(({ scope, permissions: denied }) => ({ scope, permissions: denied }))
    );
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
