import { z } from 'zod';
import type { Permissions, RoleGrant } from '#shared/domain/access.ts';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { remembered } from './remembered.ts';

export const authorizationVersion = '2022-04-01';
/** A changed custom role is seen after this at the latest. */
const definitionFreshMs = 60_000;
const mostDefinitions = 1000;

const names = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
export const permissions = z.array(
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
type RoleAssignment = z.infer<typeof roleAssignment>;
const roleDefinition = z.object({ properties: z.object({ roleName: z.string(), permissions }) });

interface RoleDefinition {
  roleName: string;
  permissions: readonly Permissions[];
}

/** Assignments together with what their role definitions say, which are remembered for a minute. */
export interface RoleGrants {
  /** All pages below `.../providers/Microsoft.Authorization`; those whose definition is gone are left out. */
  list(path: string, query: Record<string, string>): Promise<RoleGrant[]>;
  /** Undefined when its definition is gone. */
  complete(assignment: RoleAssignment): Promise<RoleGrant | undefined>;
}

export function createRoleGrants(arm: ArmClient): RoleGrants {
  const definitions = new Map<string, () => Promise<RoleDefinition | undefined>>();

  const readDefinition = (id: string): Promise<RoleDefinition | undefined> => {
    const key = id.toLowerCase();
    const read = async () => (await orMissing(arm.get(id, authorizationVersion, roleDefinition)))?.properties;
    const known = definitions.get(key) ?? remembered(read, definitionFreshMs);
    if (!definitions.has(key) && definitions.size >= mostDefinitions) definitions.clear();
    definitions.set(key, known);
    return known();
  };

  const complete: RoleGrants['complete'] = async ({ id, properties }) => {
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
  };

  return {
    complete,
    async list(path, query) {
      const found = await arm.list(`${path}/roleAssignments`, authorizationVersion, roleAssignment, query);
      const grants = await Promise.all(found.map(complete));
      return grants.filter((grant) => grant !== undefined);
    },
  };
}
