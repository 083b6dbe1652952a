import { randomUUID } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import type { Resource } from '../resource-store.ts';
import type { ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import { type AssignmentSchedule, isInForce, scheduleOf } from './assignment-schedule.ts';
import { parseAssignmentFilter, scopesAtOrAbove } from './authorization-filter.ts';
import { readSchedule, readScheduleRequest } from './schedule-request.ts';

const apiVersions = ['2022-04-01-preview', '2020-10-01', '2020-10-01-preview'];
/**
 * Time-bound assignments (PIM for Azure resources, "Role Assignment Schedule Requests" and "... Instances" of the
 * Authorization REST reference): a request makes a role assignment that is listed from its start to its end.
 */
export function roleAssignmentSchedules(
  { resources, clock, readTime, managementGroups }: ProviderContext,
  options: {
    assigneesOf(objectId: string): readonly string[];
    findRole(roleDefinitionId: string): { id: string } | undefined;
    assignmentType: string;
    isEligible(scope: string, roleDefinitionId: string, principalId: string): boolean;
  },
): TypeRules[] {
  const { assignmentType } = options;
  const scopeOf = ({ key }: Resource) => key.split('/providers/microsoft.authorization/')[0] ?? '';

  const instance = (assignment: Resource, scope: string, principal: string | undefined) => {
    const { roleDefinitionId, principalId, principalType, createdOn = null } = assignment.body.properties;
    const schedule = scheduleOf(assignment);
    const isGroup = principal !== undefined && principalId !== principal;
    const at = assignment.id.slice(
      0,
      -`/providers/Microsoft.Authorization/roleAssignments/${assignment.name}`.length,
    );
    const type = 'Microsoft.Authorization/roleAssignmentScheduleInstances';
    return {
      id: `${at}/providers/${type}/${assignment.name}`,
      name: assignment.name,
      type,
      properties: {
        roleAssignmentScheduleId: `${at}/providers/Microsoft.Authorization/roleAssignmentSchedules/${assignment.name}`,
        originRoleAssignmentId: assignment.id,
        status: schedule ? 'Provisioned' : 'Accepted',
        startDateTime: schedule ? new Date(schedule.startsAt).toISOString() : null,
        endDateTime: schedule?.endsAt === undefined ? null : new Date(schedule.endsAt).toISOString(),
        scope: assignment.body.properties['scope'],
        roleDefinitionId,
        principalId,
        principalType,
        assignmentType: 'Assigned',
        memberType: isGroup ? 'Group' : scopeOf(assignment) === scope.toLowerCase() ? 'Direct' : 'Inherited',
        createdOn,
      },
    };
  };

  const list = (call: ResourceCall, isShown: (assignment: Resource) => boolean): HttpReply => {
    const filter = parseAssignmentFilter(call.query.get('$filter'));
    const above = new Set(scopesAtOrAbove(call.id.scope, managementGroups));
    const { assignedTo, principalId } = filter;
    const wanted =
      principalId !== undefined ? [principalId] : assignedTo !== undefined && options.assigneesOf(assignedTo);
    const value = resources
      .list(assignmentType, '')
      .filter(isShown)
      .filter((assignment) => {
        const at = scopeOf(assignment);
        return above.has(at) || (!filter.isAtScope && at.startsWith(`${call.id.scope.toLowerCase()}/`));
      })
      .filter(({ body }) => !wanted || wanted.includes(String(body.properties['principalId'])))
      .map((assignment) => instance(assignment, call.id.scope, assignedTo));
    return { status: 200, body: { value } };
  };

  const assign = (
    call: ResourceCall,
    role: { id: string },
    principalId: string,
    schedule: AssignmentSchedule,
  ) => {
    const { scope } = call.id;
    const isSame = (other: Resource) =>
      scopeOf(other) === scope.toLowerCase() &&
      other.body.properties['roleDefinitionId'] === role.id &&
      other.body.properties['principalId'] === principalId;
    const twin = resources.list(assignmentType, '').find((other) => {
      const { endsAt } = scheduleOf(other) ?? {};
      return isSame(other) && (endsAt === undefined || endsAt > clock.now());
    });
    if (twin) throw new ArmError(409, 'RoleAssignmentExists', 'The Role assignment already exists.');
    const now = new Date(clock.now()).toISOString();
    const properties = {
      principalType: 'User',
      roleDefinitionId: role.id,
      principalId,
      scope,
      createdOn: now,
      updatedOn: now,
    };
    const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
    resources.put({ id, type: assignmentType, body: { properties }, secret: { schedule } });
  };

  /** Whoever activates a role does it for himself, and is eligible for it. */
  const requireOwn = (call: ResourceCall, roleDefinitionId: string, principalId: string) => {
    if (call.claims.oid?.toLowerCase() !== principalId)
      throw new ArmError(403, 'AuthorizationFailed', 'Only the principal itself may activate a role.');
    if (!options.isEligible(call.id.scope, roleDefinitionId, principalId))
      throw new ArmError(400, 'RoleAssignmentDoesNotExist', 'The principal is not eligible for this role.');
  };

  const unassign = (call: ResourceCall, role: { id: string }, principalId: string) => {
    const found = resources
      .list(assignmentType, '')
      .filter(
        (other) =>
          scopeOf(other) === call.id.scope.toLowerCase() &&
          other.body.properties['roleDefinitionId'] === role.id &&
          other.body.properties['principalId'] === principalId,
      );
    if (!found.length)
      throw new ArmError(404, 'RoleAssignmentDoesNotExist', 'The Role assignment does not exist.');
    for (const { key } of found) resources.remove(key);
  };

  const requests: TypeRules = {
    type: 'Microsoft.Authorization/roleAssignmentScheduleRequests',
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT'],
    isExtension: true,
    compose(call, existing) {
      const properties = readScheduleRequest(call, existing !== undefined);
      const name = call.id.names.at(-1) ?? '';
      const role = options.findRole(properties.roleDefinitionId);
      if (!role)
        throw new ArmError(
          400,
          'RoleDefinitionDoesNotExist',
          'The specified role definition does not exist.',
        );
      const { requestType, principalId, scheduleInfo } = properties;
      const isRemoval = requestType === 'AdminRemove' || requestType === 'SelfDeactivate';
      if (requestType.startsWith('Self')) requireOwn(call, role.id, principalId);
      if (isRemoval) unassign(call, role, principalId);
      else assign(call, role, principalId, readSchedule(scheduleInfo, clock.now(), name));
      const createdOn = new Date(clock.now()).toISOString();
      const status = isRemoval ? 'Revoked' : 'Provisioned';
      return {
        body: {
          properties: { ...properties, roleDefinitionId: role.id, scope: call.id.scope, status, createdOn },
        },
      };
    },
  };

  return [
    requests,
    {
      type: 'Microsoft.Authorization/roleAssignmentScheduleInstances',
      apiVersions,
      verbs: ['LIST'],
      isExtension: true,
      list: (call) => list(call, (assignment) => isInForce(assignment, readTime.now())),
    },
    {
      type: 'Microsoft.Authorization/roleAssignmentSchedules',
      apiVersions,
      verbs: ['LIST'],
      isExtension: true,
      list: (call) =>
        list(call, (assignment) => {
          const { endsAt } = scheduleOf(assignment) ?? {};
          return endsAt === undefined || endsAt > readTime.now();
        }),
    },
  ];
}
