import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import type { Resource } from '../resource-store.ts';
import type { ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import { type AssignmentSchedule, isInForce, parseDuration, scheduleOf } from './assignment-schedule.ts';
import { parseAssignmentFilter, scopesAtOrAbove } from './authorization-filter.ts';

const apiVersions = ['2022-04-01-preview', '2020-10-01', '2020-10-01-preview'];
const guid = z.guid().transform((text) => text.toLowerCase());
const expiration = z.discriminatedUnion('type', [
  z.object({ type: z.literal('AfterDuration'), duration: z.string() }),
  z.object({ type: z.literal('AfterDateTime'), endDateTime: z.iso.datetime({ offset: true }) }),
  z.object({ type: z.literal('NoExpiration') }),
]);
const requestBody = z.object({
  properties: z.object({
    roleDefinitionId: z.string().min(1),
    principalId: guid,
    requestType: z.enum(['AdminAssign', 'AdminRemove']),
    justification: z.string().max(1024).optional(),
    scheduleInfo: z
      .object({
        startDateTime: z.iso.datetime({ offset: true }).nullish(),
        expiration: expiration.optional(),
      })
      .optional(),
  }),
});

type ScheduleInfo = z.infer<typeof requestBody>['properties']['scheduleInfo'];

function readSchedule(info: ScheduleInfo, now: number, request: string): AssignmentSchedule {
  const startsAt = info?.startDateTime ? Date.parse(info.startDateTime) : now;
  const { expiration: end } = info ?? {};
  if (!end || end.type === 'NoExpiration') return { startsAt, request };
  const duration = end.type === 'AfterDuration' ? parseDuration(end.duration) : undefined;
  const endsAt =
    end.type === 'AfterDateTime' ? Date.parse(end.endDateTime) : startsAt + (duration ?? Number.NaN);
  if (Number.isNaN(endsAt) || endsAt <= startsAt)
    throw new ArmError(400, 'InvalidScheduleInfo', 'The schedule must end after it has started.');
  return { startsAt, endsAt, request };
}

/**
 * Time-bound assignments (PIM for Azure resources, "Role Assignment Schedule Requests" and "... Instances" of the
 * Authorization REST reference): a request makes a role assignment that is listed from its start to its end.
 */
export function roleAssignmentSchedules(
  { resources, clock, readTime, tenantId }: ProviderContext,
  options: {
    groupsOf(objectId: string): readonly string[];
    findRole(roleDefinitionId: string): { id: string } | undefined;
    assignmentType: string;
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
    const above = new Set(scopesAtOrAbove(call.id.scope, tenantId));
    const { assignedTo, principalId } = filter;
    const wanted =
      principalId !== undefined
        ? [principalId]
        : assignedTo !== undefined && [
            assignedTo,
            ...options.groupsOf(assignedTo).map((id) => id.toLowerCase()),
          ];
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
      const parsed = requestBody.safeParse(call.body());
      if (!parsed.success)
        throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      const name = call.id.names.at(-1) ?? '';
      if (!z.guid().safeParse(name).success)
        throw new ArmError(400, 'InvalidRoleAssignmentScheduleRequest', 'The request name must be a GUID.');
      if (existing)
        throw new ArmError(409, 'RoleAssignmentRequestExists', 'A request with this name exists already.');
      const { properties } = parsed.data;
      const role = options.findRole(properties.roleDefinitionId);
      if (!role)
        throw new ArmError(
          400,
          'RoleDefinitionDoesNotExist',
          'The specified role definition does not exist.',
        );
      if (properties.requestType === 'AdminRemove') unassign(call, role, properties.principalId);
      else
        assign(call, role, properties.principalId, readSchedule(properties.scheduleInfo, clock.now(), name));
      const createdOn = new Date(clock.now()).toISOString();
      const status = properties.requestType === 'AdminRemove' ? 'Revoked' : 'Provisioned';
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
