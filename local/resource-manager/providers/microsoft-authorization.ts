import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { replyWith, showResource } from '../generic-verbs.ts';
import { readPage, replyWithPage } from '../paging.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import { isInForce } from './assignment-schedule.ts';
import { type AssignmentFilter, parseAssignmentFilter, scopesAtOrAbove } from './authorization-filter.ts';
import { roleAssignmentSchedules } from './role-assignment-schedules.ts';
import { roleDefinitionRules } from './role-definitions.ts';
import { roleEligibility } from './role-eligibility.ts';

const apiVersions = ['2022-04-01', '2020-10-01-preview', '2020-04-01-preview', '2018-07-01'];
/** Azure gives long pages of assignments. */
const pageSize = 1000;
/** In deny assignments this id stands for all principals. */
const everyone = '00000000-0000-0000-0000-000000000000';
const guid = z.guid().transform((text) => text.toLowerCase());

const assignmentBody = z.object({
  properties: z.object({
    roleDefinitionId: z.string().min(1),
    principalId: guid,
    principalType: z.enum(['User', 'Group', 'ServicePrincipal', 'ForeignGroup', 'Device']).optional(),
    description: z.string().max(1024).optional(),
    condition: z.string().optional(),
    conditionVersion: z.string().optional(),
  }),
});

const scopeOf = (resource: Resource): string =>
  resource.key.split('/providers/microsoft.authorization/')[0] ?? '';

/** Role definitions, role assignments and deny assignments at any scope. `assigneesOf`: whose are those that are assigned to somebody, in lower case: none for a group. */
export function microsoftAuthorization(
  context: ProviderContext,
  assigneesOf: (objectId: string) => readonly string[],
): Provider {
  const { resources, clock, managementGroups, readTime } = context;

  /** Principals that the filter asks for, or undefined for any. */
  const principalsOf = ({ assignedTo, principalId }: AssignmentFilter): ReadonlySet<string> | undefined => {
    if (principalId !== undefined) return new Set([principalId]);
    if (assignedTo === undefined) return undefined;
    return new Set(assigneesOf(assignedTo));
  };

  /** Assignments of one type at, above and, unless the filter says otherwise, below the scope. */
  const reaching = (rules: TypeRules, scope: string, filter: AssignmentFilter): Resource[] => {
    const above = new Set(scopesAtOrAbove(scope, managementGroups));
    const below = `${scope.toLowerCase()}/`;
    return resources.list(rules.type, '').filter((assignment) => {
      const at = scopeOf(assignment);
      if (!isInForce(assignment, readTime.now())) return false;
      return above.has(at) || (!filter.isAtScope && at.startsWith(below));
    });
  };

  const lister =
    (rules: TypeRules, principals: (assignment: Resource) => readonly string[]) => (call: ResourceCall) => {
      const filter = parseAssignmentFilter(call.query.get('$filter'));
      const wanted = principalsOf(filter);
      const page = readPage(call.query, pageSize);
      const found = reaching(rules, call.id.scope, filter)
        .filter(({ key }) => key > page.after)
        .filter(
          (assignment) => !wanted || principals(assignment).some((id) => wanted.has(id) || id === everyone),
        );
      return replyWithPage(call, context.origin(), found, page, (one) => showResource(rules, one));
    };

  const roleDefinitions = roleDefinitionRules(context);

  const roleAssignments: TypeRules = {
    type: 'Microsoft.Authorization/roleAssignments',
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    isExtension: true,
    get(call) {
      const found = resources.get(call.id.key);
      if (!found || !isInForce(found, readTime.now()))
        throw new ArmError(
          404,
          'RoleAssignmentNotFound',
          `The role assignment '${call.id.names.at(-1)}' is not found.`,
        );
      return replyWith(roleAssignments, 200, found);
    },
    compose(call, existing) {
      const parsed = assignmentBody.safeParse(call.body());
      if (!parsed.success)
        throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      const { properties } = parsed.data;
      if (!z.guid().safeParse(call.id.names.at(-1)).success)
        throw new ArmError(400, 'InvalidRoleAssignmentId', 'The role assignment ID must be a GUID.');
      const role = roleDefinitions.find(properties.roleDefinitionId);
      if (!role)
        throw new ArmError(
          400,
          'RoleDefinitionDoesNotExist',
          `The specified role definition with ID '${properties.roleDefinitionId.split('/').at(-1)}' does not exist.`,
        );
      const now = new Date(clock.now()).toISOString();
      const same = (other: Resource) =>
        other.body.properties['roleDefinitionId'] === role.id &&
        other.body.properties['principalId'] === properties.principalId;
      if (existing && !same(existing))
        throw new ArmError(
          409,
          'RoleAssignmentUpdateNotPermitted',
          'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
        );
      const twin = reaching(roleAssignments, call.id.scope, parseAssignmentFilter(null)).find(
        (other) => other.key !== call.id.key && scopeOf(other) === call.id.scope.toLowerCase() && same(other),
      );
      if (twin) throw new ArmError(409, 'RoleAssignmentExists', 'The role assignment already exists.');
      return {
        body: {
          properties: {
            principalType: 'User',
            ...properties,
            roleDefinitionId: role.id,
            scope: call.id.scope || '/',
            createdOn: existing?.body.properties['createdOn'] ?? now,
            updatedOn: now,
            createdBy: call.claims.oid ?? null,
            updatedBy: call.claims.oid ?? null,
          },
        },
      };
    },
    list: (call) =>
      lister(roleAssignments, ({ body }) => [String(body.properties['principalId']).toLowerCase()])(call),
    remove(_, existing) {
      if (!existing) return { status: 204 };
      resources.remove(existing.key);
      return replyWith(roleAssignments, 200, existing);
    },
  };

  const denyAssignments: TypeRules = {
    type: 'Microsoft.Authorization/denyAssignments',
    apiVersions,
    // Only the platform makes deny assignments; here they are seeded.
    verbs: ['GET', 'LIST'],
    isExtension: true,
    list: (call) =>
      lister(denyAssignments, ({ body }) => {
        const principals = (body.properties['principals'] ?? []) as { id: string }[];
        return principals.map(({ id }) => id.toLowerCase());
      })(call),
  };

  const eligibility = roleEligibility(context, { assigneesOf, findRole: roleDefinitions.find });
  const schedules = roleAssignmentSchedules(context, {
    assigneesOf,
    findRole: roleDefinitions.find,
    isEligible: eligibility.isEligible,
    assignmentType: roleAssignments.type,
  });
  return {
    types: [roleDefinitions.rules, roleAssignments, denyAssignments, ...schedules, ...eligibility.types],
  };
}
