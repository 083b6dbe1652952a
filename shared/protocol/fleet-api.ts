import { z } from 'zod';
import { installRequest } from './install-api.ts';

/** Bodies and replies of installs on many machines. */

/** Which machines: exactly one of the three. Machines that are not known yet are added. */
const fleetSelection = z
  .strictObject({
    resourceIds: z.array(z.string().min(1).max(512)).min(1).max(2000).optional(),
    /** `/subscriptions/{id}/resourceGroups/{name}`: every machine in it. */
    resourceGroup: z.string().min(1).max(512).optional(),
    /** Every machine of a subscription that carries this tag with this value. */
    tag: z
      .strictObject({
        subscriptionId: z.guid(),
        name: z.string().min(1).max(512),
        value: z.string().max(256),
      })
      .optional(),
  })
  .refine((selection) => Object.values(selection).filter((one) => one !== undefined).length === 1, {
    error: 'must have exactly one of resourceIds, resourceGroup and tag',
  });

/** `POST /api/fleet-installs/plans` and `POST /api/fleet-installs`. */
export const fleetInstallRequest = z.strictObject({
  select: fleetSelection,
  install: installRequest.omit({ direct: true, newName: true }).default({}),
  /** Machines that are worked on at a time. */
  concurrency: z.number().int().min(1).max(100).default(20),
});
export type FleetInstallRequest = z.infer<typeof fleetInstallRequest>;

/**
 * What will happen to one machine: `install`, `adopt` (the extension is there, the rest is completed), `refuse` (a
 * requirement fails or a right is missing: `reason`), `skip` (it is installed already, or another operation runs).
 */
export const fleetAction = z.enum(['install', 'adopt', 'refuse', 'skip']);

const precondition = z.object({
  code: z.string(),
  rule: z.string(),
  found: z.string(),
  needed: z.string(),
  remedy: z.string(),
});

const plannedMachine = z.object({
  resourceId: z.string(),
  name: z.string(),
  /** Null when it is not known yet or may not be seen. */
  machineId: z.string().nullable(),
  action: fleetAction,
  reason: z.string().nullable(),
  /** Those that fail. */
  preconditions: z.array(precondition),
  /** When the authorities' budgets allow its certificate, ISO 8601; null where none is to be ordered. */
  certificateAt: z.iso.datetime().nullable(),
});

export const fleetPlanReply = z.object({
  total: z.number().int(),
  counts: z.record(fleetAction, z.number().int()),
  /** When the last certificate can be ordered. */
  lastCertificateAt: z.iso.datetime().nullable(),
  machines: z.array(plannedMachine),
});
export type FleetPlanReply = z.infer<typeof fleetPlanReply>;

const fleetMachine = z.object({
  resourceId: z.string(),
  name: z.string(),
  machineId: z.string().nullable(),
  status: z.enum(['waiting', 'running', 'succeeded', 'failed', 'refused', 'skipped']),
  /** The operation, where one began: `/api/operations/{id}`. */
  operationId: z.string().nullable(),
  /** Percent of that operation. */
  percent: z.number().int(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  code: z.string().nullable(),
  /** Why it failed, was refused or skipped, and what to do. */
  detail: z.string().nullable(),
  remedy: z.string().nullable(),
});

export const fleetInstallReply = z.object({
  id: z.string(),
  status: z.enum(['running', 'paused', 'succeeded', 'cancelled']),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  concurrency: z.number().int(),
  total: z.number().int(),
  counts: z.record(
    z.enum(['waiting', 'running', 'succeeded', 'failed', 'refused', 'skipped']),
    z.number().int(),
  ),
  /** Of all machines, whole percent. */
  percent: z.number().int(),
  estimatedEnd: z.iso.datetime().nullable(),
});
export type FleetInstallReply = z.infer<typeof fleetInstallReply>;

/** `GET /api/fleet-installs`: the newest first, without their machines. */
export const fleetInstallListReply = z.object({ value: z.array(fleetInstallReply) });
/** `GET /api/fleet-installs/{id}/machines?status=`: each machine. */
export const fleetMachinesReply = z.object({ value: z.array(fleetMachine) });
export type FleetMachinesReply = z.infer<typeof fleetMachinesReply>;
export const fleetMachinesQuery = z.object({ status: fleetMachine.shape.status.optional() });

/** `GET /api/fleet-installs/{id}/report?format=json`; as CSV (RFC 4180) it is the machines alone. */
export const fleetReportReply = z.object({
  fleetInstall: fleetInstallReply,
  machines: z.array(fleetMachine),
});
export const fleetReportQuery = z.object({ format: z.enum(['csv', 'json']).default('json') });

/** `PATCH /api/fleet-installs/{id}`: paused lets what runs come to its end and begins nothing; cancelled for good. */
export const fleetInstallChange = z.strictObject({ status: z.enum(['running', 'paused', 'cancelled']) });
