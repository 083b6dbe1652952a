import { z } from 'zod';
import type { Lease } from '#shared/domain/lease.ts';
import type { LeaseNews } from '#shared/domain/lease-news.ts';
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
    /** What he said, or why it ended. */
    reason: z.string().optional(),
    /** By how much it is to be longer, where it is about that. */
    extensionMinutes: z.number().int().optional(),
    /** Where a person decides or reads it, in the portal. */
    link: z.url(),
  }),
});
export type Notification = z.infer<typeof notification>;

/** The same news of the same lease are the same event, however often they are told. */
export const newsIdOf = (leaseId: string, { kind, count }: Pick<LeaseNews, 'kind' | 'count'>): string =>
  `${leaseId}:${kind}:${count}`;

/** News of a lease as an event. `origin`: where API and portal are. */
export function notificationOf(
  lease: Lease,
  news: LeaseNews,
  machine: { displayName: string; resourceId: string },
  origin: string,
): Notification {
  const { id, machineId, service, requester, purpose, reference, minutes, startsAt, endsAt } = lease;
  const { kind, at, by, reason, extensionMinutes } = news;
  const { id: requesterId, name } = requester;
  return {
    specversion: '1.0',
    id: newsIdOf(id, news),
    source: '/admin-center',
    type: `admin-center.lease.${kind}`,
    subject: `machines/${machineId}/leases/${id}`,
    time: at,
    datacontenttype: 'application/json',
    data: {
      leaseId: id,
      machineId,
      machine: machine.displayName,
      resourceId: machine.resourceId,
      service,
      requester: { id: requesterId, name },
      purpose,
      ...(reference !== undefined && { reference }),
      minutes,
      ...(startsAt !== undefined && { startsAt }),
      ...(endsAt !== undefined && { endsAt }),
      ...(by && { by: { id: by.id, name: by.name } }),
      ...(reason !== undefined && { reason }),
      ...(extensionMinutes !== undefined && { extensionMinutes }),
      link: `${origin}/portal/machines/${machineId}/leases/${id}`,
    },
  };
}
