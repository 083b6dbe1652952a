import { z } from 'zod';
import { operationKinds } from '#shared/domain/operation.ts';
import { sessionLifetime } from '#shared/domain/session.ts';
import { hostCheckList } from './host-check.ts';
import { compensation, reachReply } from './install-api.ts';
import { machineHealth, machineKind, machineState } from './machine-list-api.ts';
import { port } from './port.ts';
import { sessionEnd, sessionUsage } from './session-parts.ts';

/** Bodies and replies of the HTTP API. Requests are strict: an unknown field is named and refused. */

export const serviceName = z.enum(['WAC', 'SSH']);

export const enrolMachineRequest = z.strictObject({ resourceId: z.string().min(1).max(512) });
export const endpointRequest = z.strictObject({
  properties: z.strictObject({ type: z.literal('default') }),
});
export const serviceConfigurationRequest = z.strictObject({
  properties: z.strictObject({ serviceName, port }),
});
export const connectRequest = z.strictObject({
  service: serviceName.default('WAC'),
  lifetimeSeconds: z.number().int().min(sessionLifetime.minimum).max(sessionLifetime.maximum).optional(),
});

const timestamp = z.iso.datetime();
const problemError = z.object({ field: z.string(), message: z.string() });

/** RFC 9457, with our members. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  hop: z.string(),
  remedy: z.string(),
  retryable: z.boolean(),
  errors: z.array(problemError).optional(),
});
export type Problem = z.infer<typeof problem>;

export const precondition = z.object({
  code: z.string(),
  rule: z.string(),
  met: z.boolean(),
  /** When it is not met a failure refuses the install and a warning does not; `info` could not be judged. */
  severity: z.enum(['failure', 'warning', 'info']),
  found: z.string(),
  needed: z.string(),
  remedy: z.string(),
});
/** `met` when no failure stands, whatever is warned about. */
export const preconditionsReply = z.object({ met: z.boolean(), preconditions: z.array(precondition) });

export const errorRecord = z.object({
  code: z.string(),
  hop: z.string(),
  title: z.string(),
  detail: z.string(),
  remedy: z.string(),
  retryable: z.boolean(),
  /** Members that a problem of this code has beside its own: what `remedy` names. */
  facts: z.record(z.string(), z.unknown()).optional(),
});

const operationKind = z.enum(operationKinds);
export const operationReply = z.object({
  id: z.string(),
  machineId: z.string(),
  kind: operationKind,
  status: z.enum(['running', 'succeeded', 'failed', 'postponed']),
  percent: z.number().int(),
  steps: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['waiting', 'running', 'succeeded', 'failed']),
      startedAt: timestamp.optional(),
      endedAt: timestamp.optional(),
      detail: z.string().optional(),
    }),
  ),
  createdAt: timestamp,
  endedAt: timestamp.optional(),
  /** When it goes on, while it waits for its turn or after it was postponed. */
  resumesAt: timestamp.optional(),
  error: errorRecord.optional(),
  /** Of an install that failed. */
  compensation: compensation.optional(),
  resource: z.string().optional(),
});
export type OperationReply = z.infer<typeof operationReply>;

export const meReply = z.object({
  id: z.string(),
  name: z.string(),
  tenantId: z.string(),
  /** As the API sees it (requirement 136). */
  address: z.string().nullable(),
});

export const certificateState = z.enum([
  'waiting',
  'ordered',
  'issued',
  'delivered',
  'served',
  'revoked',
  'expired',
  'withdrawn',
]);

export const machineReply = z.object({
  id: z.string(),
  resourceId: z.string(),
  name: z.string(),
  kind: machineKind,
  state: machineState,
  health: machineHealth,
  subscriptionId: z.string(),
  facts: z
    .object({
      location: z.string(),
      cloud: z.string(),
      osType: z.enum(['windows', 'linux', 'unknown']),
      osName: z.string(),
      osVersion: z.string(),
      memoryBytes: z.number().nullable(),
      agentVersion: z.string().nullable(),
      status: z.string(),
    })
    .nullable(),
  machineName: z.string().nullable(),
  extension: z.object({
    name: z.literal('AdminCenter'),
    state: z.enum(['absent', 'installing', 'installed', 'failed']),
    port: z.number().int().nullable(),
    installedAt: timestamp.nullable(),
    /** Somebody else took it from the machine; it is not put there again by itself (requirement 53). */
    removedSince: timestamp.optional(),
  }),
  endpoint: z.object({ enabled: z.boolean(), services: z.record(z.string(), z.number().int()) }),
  reach: reachReply,
  /** Since when Azure Resource Manager no longer knows it. */
  goneSince: timestamp.optional(),
  /** The machine id under which the same computer is known now, and under which it was known before. */
  movedTo: z.string().optional(),
  movedFrom: z.string().optional(),
  /** What was found of a Windows Admin Center that was installed by hand; null where nothing is known of one. */
  manualInstallation: z.object({ foundAt: timestamp, found: z.string() }).nullable(),
  certificate: z
    .object({
      state: certificateState,
      hostNames: z.array(z.string()),
      /** Of the newest leaf; null until there is one. */
      thumbprint: z.string().nullable(),
      notBefore: timestamp.nullable(),
      notAfter: timestamp.nullable(),
      dueAt: timestamp.nullable(),
    })
    .nullable(),
  presence: z.object({
    connected: z.boolean(),
    lastSeenAt: timestamp.nullable(),
    agentVersion: z.string().nullable(),
    /** What the agent did not reach when it last tried; absent until it has tried. */
    unreachable: z.array(z.object({ host: z.string(), reason: z.string() })).optional(),
  }),
  operation: z.object({ id: z.string(), kind: operationKind }).nullable(),
  /** What the caller may do here; a refusal names the missing action. */
  may: z.object({
    install: z.object({ allowed: z.boolean(), missingAction: z.string().nullable() }),
    connect: z.object({ allowed: z.boolean(), missingAction: z.string().nullable() }),
  }),
});
export type MachineReply = z.infer<typeof machineReply>;

export const extensionReply = z.object({
  name: z.literal('AdminCenter'),
  state: z.enum(['absent', 'installing', 'installed', 'failed']),
  port: z.number().int().nullable(),
  installedAt: timestamp.nullable(),
  removedSince: timestamp.optional(),
  /** What the platform reports of it now (requirement 57). */
  detailedStatus: z.object({
    provisioningState: z.string(),
    message: z.string().nullable(),
    /** Of the extension as the platform has it, and its port. */
    version: z.string().nullable(),
    port: z.number().int().nullable(),
    /** What the agent last found on its machine (requirements 109-114). */
    checks: hostCheckList.optional(),
  }),
});

/** ARM's own shapes (Microsoft.HybridConnectivity 2023-03-15). */
export const endpointReply = z.object({
  id: z.string(),
  name: z.literal('default'),
  type: z.literal('Microsoft.HybridConnectivity/endpoints'),
  properties: z.object({ type: z.literal('default'), provisioningState: z.literal('Succeeded') }),
});
export const serviceConfigurationReply = z.object({
  id: z.string(),
  name: serviceName,
  type: z.literal('Microsoft.HybridConnectivity/endpoints/serviceConfigurations'),
  properties: z.object({ serviceName, port: z.number().int(), provisioningState: z.literal('Succeeded') }),
});

/** The URL opens the session once and within a minute; the session itself lives until `expiresAt`. */
export const connectReply = z.object({
  sessionId: z.string(),
  url: z.string(),
  expiresAt: timestamp,
  /** What is to be known before it is opened: a rule or an install that is too young to work everywhere (115, 134). */
  advice: z.string().optional(),
});
export type ConnectReply = z.infer<typeof connectReply>;
export const sessionReply = z.object({
  sessionId: z.string(),
  service: serviceName,
  state: z.enum(['opening', 'open', 'failed', 'revoked', 'ended']),
  user: z.string(),
  createdAt: timestamp,
  expiresAt: timestamp,
  /** The two steps of Connect that have succeeded. */
  steps: z.array(z.object({ name: z.string(), endedAt: timestamp })),
  /** Why it did not open, when it failed. */
  error: errorRecord.optional(),
  /** What the machine counted in it. */
  usage: sessionUsage.optional(),
  /** When it ended before its time, why, and by whom. */
  end: sessionEnd.optional(),
  /** For its user while it is open: opens the session once more, within a minute. */
  url: z.string().optional(),
  /** As in the answer to the connect. */
  advice: z.string().optional(),
});
export const sessionPendingReply = z.object({ sessionId: z.string(), status: z.literal('opening') });

export const healthReply = z.object({ status: z.literal('healthy'), version: z.string() });
/** What the portal and the command line need to sign in; nothing secret. */
export const portalConfigReply = z.object({
  authority: z.string(),
  clientId: z.string(),
  /** The command line's own application. */
  commandLineClientId: z.string(),
  scope: z.string(),
  zone: z.string(),
});
export type PortalConfig = z.infer<typeof portalConfigReply>;
