import { z } from 'zod';
import { leaseEndReasons, leaseLimits } from '#shared/domain/lease.ts';
import { serviceName } from './api.ts';

/** Leases over HTTP. Times are ISO 8601, lengths minutes. */

const timestamp = z.iso.datetime();
/** Neither control characters, nor what turns the reading order round, nor half a character: somebody decides on it. */
const plain = /^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u;
const text = (minimum: number, maximum: number) =>
  z.string().trim().min(minimum).max(maximum).regex(plain, 'must be one line of plain text');
const minutes = z.number().int().min(leaseLimits.minutes.minimum).max(leaseLimits.minutes.maximum);
const purpose = text(leaseLimits.purpose.minimum, leaseLimits.purpose.maximum);
const person = z.object({ id: z.string(), name: z.string() });
const leaseState = z.enum(['requested', 'approved', 'active', 'ended', 'denied', 'withdrawn', 'lapsed']);

/** `POST /api/machines/{id}/leases`. The same request again, while it waits, is answered with what it began. */
export const leaseRequest = z.strictObject({
  service: serviceName.default('WAC'),
  minutes,
  purpose,
  reference: text(1, leaseLimits.reference).optional(),
  notBefore: timestamp.optional(),
});

/** `POST .../leases/{leaseId}/decision`: on the request, or on the extension that waits. */
export const leaseDecisionRequest = z.strictObject({
  approve: z.boolean(),
  /** `requestedAt` of the request or the extension that is meant: another one that waits by now is `lease_state`. */
  requestedAt: timestamp.optional(),
  reason: text(1, leaseLimits.purpose.maximum).optional(),
});

/** `POST .../leases/{leaseId}/extensions` */
export const leaseExtensionRequest = z.strictObject({ minutes, purpose });

const decision = z.object({
  approved: z.boolean(),
  by: person,
  at: timestamp,
  reason: z.string().optional(),
});

export const leaseReply = z.object({
  id: z.string(),
  machineId: z.string(),
  machine: z.string(),
  service: serviceName,
  requester: person,
  purpose: z.string(),
  reference: z.string().optional(),
  minutes: z.number(),
  notBefore: timestamp.optional(),
  state: leaseState,
  requestedAt: timestamp,
  answerBy: timestamp,
  decision: decision.optional(),
  startsAt: timestamp.optional(),
  endsAt: timestamp.optional(),
  extensions: z.array(
    z.object({
      minutes: z.number(),
      purpose: z.string(),
      requestedAt: timestamp,
      decision: decision.optional(),
    }),
  ),
  end: z
    .object({
      at: timestamp,
      reason: z.enum(leaseEndReasons),
      by: person.optional(),
    })
    .optional(),
  /** The role is written in Azure for the time of the lease: its requester has none of his own. */
  givesRole: z.boolean(),
  /** That assignment, from just before it is written. */
  assignment: z
    .object({
      id: z.string(),
      /** Gone from Azure since then. */
      removedAt: timestamp.optional(),
      /** Why it could not be removed when that was last tried; it is tried again. */
      trouble: z.string().optional(),
    })
    .optional(),
  /** Why it ended as `role_refused`. */
  failure: z.object({ code: z.string(), detail: z.string(), remedy: z.string() }).optional(),
  /** What the caller may do with it now. */
  may: z.object({ decide: z.boolean(), extend: z.boolean(), end: z.boolean(), connect: z.boolean() }),
});
export type LeaseReply = z.infer<typeof leaseReply>;

/** `GET /api/machines/{id}/leases` (newest first: own ones, all for who may approve) and `GET /api/leases`. */
export const leaseListReply = z.object({ value: z.array(leaseReply) });

/** `GET /api/leases?waiting=true`: without it what is the caller's own, with it what waits for his decision. */
export const leaseListQuery = z.strictObject({ waiting: z.enum(['true', 'false']).optional() });

/** `GET` and `PUT /api/machines/{id}/lease-policy` */
export const leasePolicyRequest = z.strictObject({ required: z.boolean() });
export const leasePolicyReply = z.object({
  /** Whether a connect needs a lease. */
  required: z.boolean(),
  /** The deployment requires leases everywhere: no machine can be excepted. */
  byDeployment: z.boolean(),
  /** Whether a lease also gives the role in Azure for its time, to those who have none. */
  givesRole: z.boolean(),
  setBy: person.optional(),
  at: timestamp.optional(),
});
export type LeasePolicyReply = z.infer<typeof leasePolicyReply>;
