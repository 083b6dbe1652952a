import { z } from 'zod';
import { accessRights } from '#shared/domain/access.ts';
import { connectConditions } from '#shared/domain/connect-conditions.ts';
import { serviceName } from './api.ts';

/** Who may do what on a machine, and why. */

const timestamp = z.iso.datetime();
const accessRight = z.enum(accessRights);

/** `?principal=`: object id of a user, group, service principal or managed identity; the caller himself where absent. */
export const accessQuery = z.strictObject({ principal: z.guid().optional() });

const principal = z.object({
  id: z.string(),
  /** UPN or display name, where the directory says one. */
  name: z.string().optional(),
  kind: z.enum(['user', 'group', 'application', 'unknown']),
});

/** An assignment at the machine or above it. */
const grant = z.object({
  assignmentId: z.string().optional(),
  role: z.string(),
  scope: z.string(),
  scopeKind: z.enum(['resource', 'resource group', 'subscription', 'management group', 'root']),
  /** To whom it was given, where that is not the principal himself: a group that he is in. */
  through: principal.optional(),
  /** ISO 8601: a time-bound assignment ends then. */
  endsAt: timestamp.optional(),
});

const explainedRight = z.object({
  right: accessRight,
  allowed: z.boolean(),
  /** The first action that nothing gives. */
  missingAction: z.string().optional(),
  /** Every assignment that gives it. */
  grantedBy: z.array(grant),
  /** Deny assignments that take it away, whatever was granted. */
  deniedBy: z.array(
    z.object({
      assignmentId: z.string().optional(),
      name: z.string(),
      scope: z.string(),
      /** Ids of groups that it does not apply to: nobody can say here whether he is in one, so it counts. */
      excludedGroups: z.array(z.string()).optional(),
    }),
  ),
  /** Assignments that would give it and do not count. */
  passedOver: z.array(
    grant.extend({
      why: z.enum(['condition', 'eligible', 'not-action']),
      /** The condition in Azure's own words, or what to do. */
      detail: z.string(),
    }),
  ),
  /** What gives it: a sentence, and the commands for it. */
  mend: z.object({ sentence: z.string(), commands: z.array(z.string()) }).optional(),
});
export type ExplainedRight = z.infer<typeof explainedRight>;

const explainedService = z.object({
  service: serviceName,
  /** Whether a connect would be let in now. */
  open: z.boolean(),
  conditions: z.array(
    /** In the order in which they are asked (87). */
    z.object({
      condition: z.enum(connectConditions),
      met: z.boolean(),
      /** What was found, one sentence. */
      detail: z.string(),
      /** Code of the refusal that a connect gets. */
      code: z.string().optional(),
      mend: z.object({ sentence: z.string(), commands: z.array(z.string()) }).optional(),
    }),
  ),
  /** Of SSH: the account that it gives (91-93). */
  level: z.enum(['administrator', 'user', 'local']).optional(),
});
export type ExplainedService = z.infer<typeof explainedService>;

/** `GET /api/machines/{id}/access?principal=` */
export const accessReply = z.object({
  machineId: z.string(),
  principal,
  /** When Azure Resource Manager said what this rests on. */
  decidedAt: timestamp,
  services: z.array(explainedService),
  rights: z.array(explainedRight),
});
export type AccessReply = z.infer<typeof accessReply>;

/** `GET /api/machines/{id}/access/people`: every assignment at or above the machine that gives one of the rights. */
export const accessPeopleReply = z.object({
  value: z.array(
    grant.extend({
      principal,
      rights: z.array(accessRight),
      /** PIM: it counts only after it was activated. */
      eligible: z.boolean(),
      /** It has a condition that is not understood, and gives nothing. */
      condition: z.string().optional(),
    }),
  ),
});
export type AccessPeopleReply = z.infer<typeof accessPeopleReply>;
