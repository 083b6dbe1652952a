import { z } from 'zod';
import { serviceName } from './api.ts';

/** What chat and ticket systems may want to be told of. */
export const notificationTypes = [
  'admin-center.lease.requested',
  'admin-center.lease.approved',
  'admin-center.lease.denied',
  'admin-center.lease.withdrawn',
  'admin-center.lease.lapsed',
  'admin-center.lease.started',
  /** Ten minutes before its end. */
  'admin-center.lease.ending',
  'admin-center.lease.extension-requested',
  'admin-center.lease.extended',
  'admin-center.lease.extension-denied',
  'admin-center.lease.ended',
] as const;

const person = z.object({ id: z.string(), name: z.string() });

/** CloudEvents 1.0 in structured JSON mode, on the topic `notifications`. The same `id` again is the same event. */
export const notification = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(200),
  type: z.enum(notificationTypes),
  /** `machines/<machine id>/leases/<lease id>`, as under the API. */
  subject: z.string().min(1).max(200),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: z.object({
    leaseId: z.string(),
    machineId: z.string(),
    machine: z.string(),
    resourceId: z.string(),
    service: serviceName,
    requester: person,
    purpose: z.string(),
    reference: z.string().optional(),
    minutes: z.number().int(),
    startsAt: z.iso.datetime().optional(),
    endsAt: z.iso.datetime().optional(),
    /** Who did it, where it was not the requester or the time. */
    by: person.optional(),
    reason: z.string().optional(),
    /** Where a person decides or reads it, in the portal. */
    link: z.url(),
  }),
});
export type Notification = z.infer<typeof notification>;
