import { randomUUID } from 'node:crypto';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import type { Resource } from '../resource-store.ts';
import type { ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import { parseAssignmentFilter, scopesAtOrAbove } from './authorization-filter.ts';
import { readSchedule, readScheduleRequest } from './schedule-request.ts';

const apiVersions = ['2022-04-01-preview', '2020-10-01', '2020-10-01-preview'];
const eligibilityType = 'Microsoft.Authorization/roleEligibilitySchedules';

interface Eligible {
  roleDefinitionId: string;
  principalId: string;
  principalType: string;
  scope: string;
  startDateTime: string;
  endDateTime: string | null;
}

const eligibleIn = ({ body }: Resource): Eligible => body.properties as unknown as Eligible;
/** The same role is written with and without a subscription before it. */
const nameOf = (roleDefinitionId: string): string | undefined =>
  roleDefinitionId.toLowerCase().split('/').at(-1);
const scopeOf = ({ key }: Resource): string => key.split('/providers/microsoft.authorization/')[0] ?? '';

const isOver = ({ endDateTime }: Eligible, now: number): boolean =>
  endDateTime !== null && Date.parse(endDateTime) <= now;
const isNow = (one: Eligible, now: number): boolean =>
  Date.parse(one.startDateTime) <= now && !isOver(one, now);

export interface RoleEligibility {
  types: TypeRules[];
  /** Whether this person, or a group of his, may activate the role at this scope now. */
  isEligible(scope: string, roleDefinitionId: string, principalId: string): boolean;
}

/**
 * Roles that count only once they were activated (PIM for Azure resources, "Role Eligibility Schedule Requests" and
 * "... Instances" of the Authorization REST reference).
 */
export function roleEligibility(
  { resources, clock, readTime, managementGroups }: ProviderContext,
  options: {
    assigneesOf(objectId: string): readonly string[];
    findRole(roleDefinitionId: string): { id: string } | undefined;
  },
): RoleEligibility {
  const above = (scope: string): ReadonlySet<string> => new Set(scopesAtOrAbove(scope, managementGroups));

  const instance = (schedule: Resource, call: ResourceCall, asked: string | undefined) => {
    const eligible = eligibleIn(schedule);
    const at = schedule.id.slice(0, -`/providers/${eligibilityType}/${schedule.name}`.length);
    const type = 'Microsoft.Authorization/roleEligibilityScheduleInstances';
    const isGroup = asked !== undefined && eligible.principalId.toLowerCase() !== asked;
    return {
      id: `${at}/providers/${type}/${schedule.name}`,
      name: schedule.name,
      type,
      properties: {
        ...eligible,
        roleEligibilityScheduleId: schedule.id,
        status: 'Provisioned',
        memberType: isGroup
          ? 'Group'
          : scopeOf(schedule) === call.id.scope.toLowerCase()
            ? 'Direct'
            : 'Inherited',
      },
    };
  };

  const find = (call: ResourceCall, isShown: (eligible: Eligible) => boolean): Resource[] => {
    const { assignedTo, principalId, isAtScope } = parseAssignmentFilter(call.query.get('$filter'));
    const scopes = above(call.id.scope);
    const below = `${call.id.scope.toLowerCase()}/`;
    const wanted = principalId === undefined ? assignedTo && options.assigneesOf(assignedTo) : [principalId];
    return resources
      .list(eligibilityType, '')
      .filter((one) => isShown(eligibleIn(one)))
      .filter((one) => scopes.has(scopeOf(one)) || (!isAtScope && scopeOf(one).startsWith(below)))
      .filter((one) => !wanted || wanted.includes(eligibleIn(one).principalId.toLowerCase()));
  };

  const isSame = (one: Resource, scope: string, role: { id: string }, principalId: string): boolean =>
    scopeOf(one) === scope.toLowerCase() &&
    nameOf(eligibleIn(one).roleDefinitionId) === nameOf(role.id) &&
    eligibleIn(one).principalId === principalId;

  const requests: TypeRules = {
    type: 'Microsoft.Authorization/roleEligibilityScheduleRequests',
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT'],
    isExtension: true,
    compose(call, existing) {
      const wanted = readScheduleRequest(call, existing !== undefined);
      const { principalId, requestType, scheduleInfo } = wanted;
      const role = options.findRole(wanted.roleDefinitionId);
      if (!role) throw new ArmError(400, 'RoleDefinitionDoesNotExist', 'The role definition does not exist.');
      const { scope } = call.id;
      const same = resources
        .list(eligibilityType, '')
        .filter((one) => isSame(one, scope, role, principalId) && !isOver(eligibleIn(one), clock.now()));
      if (requestType === 'AdminAssign') {
        if (same.length > 0)
          throw new ArmError(409, 'RoleAssignmentExists', 'The Role assignment already exists.');
        const { startsAt, endsAt } = readSchedule(scheduleInfo, clock.now(), '');
        const eligible: Eligible = {
          roleDefinitionId: role.id,
          principalId,
          principalType: 'User',
          scope,
          startDateTime: new Date(startsAt).toISOString(),
          endDateTime: endsAt === undefined ? null : new Date(endsAt).toISOString(),
        };
        const id = `${scope}/providers/${eligibilityType}/${randomUUID()}`;
        resources.put({ id, type: eligibilityType, body: { properties: { ...eligible } } });
      } else if (requestType === 'AdminRemove') {
        for (const { key } of same) resources.remove(key);
      } else throw new ArmError(400, 'InvalidRequestType', `${requestType} is of an assignment.`);
      const status = requestType === 'AdminRemove' ? 'Revoked' : 'Provisioned';
      return { body: { properties: { ...wanted, roleDefinitionId: role.id, scope, status } } };
    },
  };

  return {
    types: [
      requests,
      {
        type: eligibilityType,
        apiVersions,
        verbs: ['LIST'],
        isExtension: true,
        list: (call): HttpReply => ({
          status: 200,
          body: {
            value: find(call, (one) => !isOver(one, readTime.now())).map(({ id, name, type, body }) => ({
              id,
              name,
              type,
              properties: body.properties,
            })),
          },
        }),
      },
      {
        type: 'Microsoft.Authorization/roleEligibilityScheduleInstances',
        apiVersions,
        verbs: ['LIST'],
        isExtension: true,
        list(call): HttpReply {
          const { assignedTo } = parseAssignmentFilter(call.query.get('$filter'));
          const value = find(call, (one) => isNow(one, readTime.now()));
          return { status: 200, body: { value: value.map((one) => instance(one, call, assignedTo)) } };
        },
      },
    ],
    isEligible(scope, roleDefinitionId, principalId) {
      const scopes = above(scope);
      const ids = options.assigneesOf(principalId);
      return resources.list(eligibilityType, '').some((one) => {
        const eligible = eligibleIn(one);
        return (
          scopes.has(scopeOf(one)) &&
          nameOf(eligible.roleDefinitionId) === nameOf(roleDefinitionId) &&
          ids.includes(eligible.principalId.toLowerCase()) &&
          isNow(eligible, clock.now())
        );
      });
    },
  };
}
