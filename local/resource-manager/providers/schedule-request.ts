import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import type { ResourceCall } from '../type-rules.ts';
import { type AssignmentSchedule, parseDuration } from './assignment-schedule.ts';

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
    requestType: z.enum(['AdminAssign', 'AdminRemove', 'SelfActivate', 'SelfDeactivate']),
    justification: z.string().max(1024).optional(),
    scheduleInfo: z
      .object({
        startDateTime: z.iso.datetime({ offset: true }).nullish(),
        expiration: expiration.optional(),
      })
      .optional(),
  }),
});
export type ScheduleRequest = z.infer<typeof requestBody>['properties'];

/** The body of a schedule request, whose name has to be a new GUID. */
export function readScheduleRequest(call: ResourceCall, exists: boolean): ScheduleRequest {
  const parsed = requestBody.safeParse(call.body());
  if (!parsed.success)
    throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
  if (!z.guid().safeParse(call.id.names.at(-1)).success)
    throw new ArmError(400, 'InvalidScheduleRequest', 'The request name must be a GUID.');
  if (exists)
    throw new ArmError(409, 'RoleAssignmentRequestExists', 'A request with this name exists already.');
  return parsed.data.properties;
}

export function readSchedule(
  info: ScheduleRequest['scheduleInfo'],
  now: number,
  request: string,
): AssignmentSchedule {
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
