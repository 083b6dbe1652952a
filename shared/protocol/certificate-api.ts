import { z } from 'zod';
import { certificateState, errorRecord } from './api.ts';
import { keyCustody } from './install-api.ts';

/** Bodies and replies of the HTTP API about certificates. Requests are strict. */

const timestamp = z.iso.datetime();
export const revocationReason = z.enum([
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
]);

/** `POST /api/machines/{id}/certificate/renewals`: renew now; with `keys` the machine changes who holds the key. */
export const renewalRequest = z.strictObject({ keys: keyCustody.optional() });
/** `POST /api/machines/{id}/certificate/revocations`: replace, and revoke what was replaced. */
export const revocationRequest = z.strictObject({ reason: revocationReason });
/** `POST /api/certificates/drill`: replace the certificates of all machines where the caller may install. */
export const drillRequest = z.strictObject({
  /** An exercise replaces and revokes nothing; in earnest, give a reason. */
  reason: revocationReason.default('unspecified'),
  revoke: z.boolean().default(false),
  /** Only what this authority issued, by its configured name. */
  issuedBy: z.string().max(40).optional(),
});

const leaf = z.object({
  thumbprint: z.string(),
  serialNumber: z.string(),
  notBefore: timestamp,
  notAfter: timestamp,
  hostNames: z.array(z.string()),
  custody: keyCustody,
  issuedBy: z.object({ name: z.string(), authority: z.string() }),
  issuedAt: timestamp,
  deliveredAt: timestamp.nullable(),
  servedAt: timestamp.nullable(),
});

/** `GET /api/machines/{id}/certificate`: the state, why it is so, and what happens next and when, in words. */
export const certificateReply = z.object({
  state: certificateState,
  custody: keyCustody,
  /** Sentences for a person, the most important first. */
  explanation: z.array(z.string()).min(1),
  /** What happens next, and when (null: as soon as something outside happens). */
  next: z.object({ what: z.string(), at: timestamp.nullable() }),
  leaf: leaf.nullable(),
  /** What is in service while the newest has not been seen served. */
  previous: leaf.nullable(),
  dueAt: timestamp.nullable(),
  /** From here on its renewal goes before everything else. */
  emergencyAt: timestamp.nullable(),
  /** The window that the authority suggests (RFC 9773), and when it is asked again. */
  window: z.object({ start: timestamp, end: timestamp }).nullable(),
  checkAt: timestamp.nullable(),
  plan: z
    .object({ authority: z.string(), turnAt: timestamp, ahead: z.number().int(), reason: z.string() })
    .nullable(),
  failure: errorRecord.extend({ at: timestamp, count: z.number().int() }).nullable(),
  replacement: z.object({ reason: revocationReason, revoke: z.boolean(), requestedAt: timestamp }).nullable(),
  /** What happened to this machine's certificates, the newest first. */
  history: z.array(z.object({ at: timestamp, event: z.string(), detail: z.string().nullable() })),
});
export type CertificateReply = z.infer<typeof certificateReply>;

const weekOfExpiries = z.object({
  /** Monday, 00:00 UTC. */
  from: timestamp,
  expiring: z.number().int(),
  /** How many are due for renewal in that week. */
  due: z.number().int(),
});

/** `GET /api/certificates/forecast`. */
export const forecastReply = z.object({
  at: timestamp,
  authorities: z.array(
    z.object({
      name: z.string(),
      authority: z.string(),
      /** Until when it takes no orders, and why. */
      closed: z.object({ until: timestamp, reason: z.string(), detail: z.string() }).nullable(),
      limits: z.array(
        z.object({
          id: z.string(),
          title: z.string(),
          capacity: z.number(),
          used: z.number(),
          free: z.number(),
          refillSeconds: z.number(),
          /** When it is full again. */
          fullAt: timestamp,
        }),
      ),
      queue: z.object({ urgent: z.number().int(), install: z.number().int(), renewal: z.number().int() }),
    }),
  ),
  /** Certificates by state. */
  states: z.record(z.string(), z.number().int()),
  /** When the last machine that waits now gets its certificate; null when none waits. */
  lastTurnAt: timestamp.nullable(),
  /** The first certificate that would expire before its turn, if any. `machineId` only if the caller may see it. */
  firstAtRisk: z
    .object({ machineId: z.string().nullable(), expiresAt: timestamp, turnAt: timestamp })
    .nullable(),
  atRisk: z.number().int(),
  weeks: z.array(weekOfExpiries),
});
export type ForecastReply = z.infer<typeof forecastReply>;

/** `GET /api/certificates/drills/{id}`. */
export const drillReply = z.object({
  id: z.string(),
  reason: revocationReason,
  revoke: z.boolean(),
  issuedBy: z.string().nullable(),
  status: z.enum(['running', 'succeeded', 'cancelled']),
  requestedBy: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
  endedAt: timestamp.nullable(),
  total: z.number().int(),
  replaced: z.number().int(),
  skipped: z.number().int(),
  percent: z.number().int(),
  estimatedEnd: timestamp.nullable(),
});
export type DrillReply = z.infer<typeof drillReply>;
export const drillListReply = z.object({ value: z.array(drillReply) });
