import { z } from 'zod';
import type { RoleGrant } from '#shared/domain/access.ts';
import type { ArmClient } from './arm-client.ts';
import { authorizationVersion, createRoleDefinitions, type RoleDefinitions } from './arm-role-definitions.ts';

const mostSubscriptions = 1000;

const roleAssignment = z.object({
  id: z.string(),
  properties: z.object({
    roleDefinitionId: z.string(),
    scope: z.string(),
    principalId: z.string(),
    principalType: z.string().nullish(),
    condition: z.string().nullish(),
    conditionVersion: z.string().nullish(),
  }),
});
type RoleAssignment = z.infer<typeof roleAssignment>;

/** Assignments together with what their role definitions say, which are remembered. */
export interface RoleGrants {
  /**
   * All pages below `.../providers/Microsoft.Authorization`; those whose definition is gone are left out. One round
   * trip where the definitions are known.
   */
  list(path: string, query: Record<string, string>): Promise<RoleGrant[]>;
  /** Undefined when its definition is gone. */
  complete(assignment: RoleAssignment): Promise<RoleGrant | undefined>;
}

const subscriptionOf = (id: string): string => /^\/subscriptions\/[^/]+/i.exec(id)?.[0].toLowerCase() ?? '';

export function createRoleGrants(arm: ArmClient, now: () => number = Date.now): RoleGrants {
  const subscriptions = new Map<string, RoleDefinitions>();

  const definitionsFor = (id: string): RoleDefinitions => {
    const key = subscriptionOf(id);
    const known =
      subscriptions.get(key) ?? createRoleDefinitions(arm, `${key}/providers/Microsoft.Authorization`, now);
    if (!subscriptions.has(key) && subscriptions.size >= mostSubscriptions) subscriptions.clear();
    subscriptions.set(key, known);
    return known;
  };

  async function completeAll(
    definitions: RoleDefinitions,
    assignments: readonly RoleAssignment[],
    since: number,
  ): Promise<RoleGrant[]> {
    const ids = assignments.map(({ properties }) => properties.roleDefinitionId);
    const definitionOf = await definitions.read(ids, since);
    return assignments.flatMap(({ id, properties }): RoleGrant[] => {
      const { roleDefinitionId, scope, principalId, principalType, condition, conditionVersion } = properties;
      const definition = definitionOf(roleDefinitionId);
      if (!definition) return [];
      return [
        {
          roleName: definition.roleName,
          permissions: definition.permissions,
          scope,
          assignmentId: id,
          roleDefinitionId,
          principal: { id: principalId, kind: principalType ?? 'unknown' },
          ...(condition && { condition, ...(conditionVersion && { conditionVersion }) }),
        },
      ];
    });
  }

  return {
    async complete(assignment) {
      const definitions = definitionsFor(assignment.properties.roleDefinitionId);
      const [grant] = await completeAll(definitions, [assignment], now());
      return grant;
    },
    async list(path, query) {
      const since = now();
      const definitions = definitionsFor(path);
      const [found] = await Promise.all([
        arm.list(`${path}/roleAssignments`, authorizationVersion, roleAssignment, query),
        definitions.refresh(),
      ]);
      return completeAll(definitions, found, since);
    },
  };
}
