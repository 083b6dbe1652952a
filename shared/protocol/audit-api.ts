import { z } from 'zod';

/** The audit of a machine over HTTP: for those with the app role `Audit.Read`, and those who may assign roles on the machine. */

const timestamp = z.iso.datetime();
const outcome = z.enum(['allowed', 'refused', 'succeeded', 'failed']);

/** The app role of this API that makes a reader of every machine's audit, and gives nothing else. */
export const auditRole = 'Audit.Read';

const auditRecord = z.object({
  /** 1 and up without a gap: its place in the machine's chain; 0 for a record of before the chain, which has no mac. */
  sequence: z.number().int(),
  at: timestamp,
  actor: z.object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['user', 'application', 'service', 'agent']).optional(),
  }),
  action: z.string(),
  outcome,
  from: z.string().optional(),
  decision: z
    .object({
      right: z.string().optional(),
      grantedBy: z.array(z.string()).optional(),
      leaseId: z.string().optional(),
      code: z.string().optional(),
    })
    .optional(),
  session: z
    .object({
      sessionId: z.string(),
      service: z.string(),
      seconds: z.number().optional(),
      bytesUp: z.number().optional(),
      bytesDown: z.number().optional(),
      endReason: z.string().optional(),
    })
    .optional(),
  operationId: z.string().optional(),
  leaseId: z.string().optional(),
  detail: z.string().optional(),
  /** HMAC-SHA-256 over this record and the one before it, base64url. */
  mac: z.string(),
});
export type AuditRecord = z.infer<typeof auditRecord>;

/** `GET /api/machines/{id}/audit`, newest first. */
export const auditQuery = z.strictObject({
  /** A word or the beginning of the action: `session`, `lease approve`. */
  action: z.string().max(60).optional(),
  outcome: outcome.optional(),
  /** Object id, or a part of the name. */
  actor: z.string().max(200).optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
  top: z.coerce.number().int().min(1).max(500).optional(),
  /** Records before this one. */
  before: z.coerce.number().int().min(1).optional(),
});
/** `nextLink` is a path; a page may be short, or empty, while there is more: so many records are looked through at a time. */
export const auditReply = z.object({
  value: z.array(auditRecord),
  nextLink: z.string().optional(),
});
export type AuditReply = z.infer<typeof auditReply>;

/** `GET .../audit/verify?sequence=&mac=`: with a head that was noted earlier, a chain that was rolled back is found too. */
export const auditVerifyQuery = z.strictObject({
  sequence: z.coerce.number().int().min(1).optional(),
  /** As in the export; a spreadsheet's apostrophe before it is no part of it. */
  mac: z
    .string()
    .max(64)
    .transform((mac) => mac.replace(/^'/, ''))
    .optional(),
});
export const auditVerifyReply = z.object({
  intact: z.boolean(),
  records: z.number().int(),
  /** Records of before the chain, where there are some; they are checked by the first record of the chain. */
  earlier: z.number().int().optional(),
  /** To be noted outside: present where there is a record. */
  head: z.object({ sequence: z.number().int(), mac: z.string(), at: timestamp }).optional(),
  /** The first place where the chain does not hold; 0 is before its first record. */
  broken: z
    .object({
      sequence: z.number().int(),
      why: z.enum(['changed', 'missing', 'inserted', 'head_missing', 'rolled_back', 'key_unknown']),
      detail: z.string(),
    })
    .optional(),
});
export type AuditVerifyReply = z.infer<typeof auditVerifyReply>;

/**
 * `GET .../audit/export?format=`: the chain, oldest first, with the same filters but for `top` and `before`. At most 5,000
 * records are looked through at a time: `link` with `rel="next"` leads on, and the parts put together are the whole. Header
 * `audit-head`: number and mac of the newest record, to be noted.
 */
export const auditExportQuery = auditQuery.omit({ top: true, before: true }).extend({
  format: z.enum(['jsonl', 'csv']).optional(),
  /** Records after this one. */
  after: z.coerce.number().int().min(0).optional(),
});
export const auditExportReply = z.string();

/** `GET /api/audit/machines`: whose audit the caller may read. */
export const auditedMachinesReply = z.object({
  value: z.array(
    z.object({
      machineId: z.string(),
      name: z.string(),
      resourceId: z.string(),
    }),
  ),
});
export type AuditedMachinesReply = z.infer<typeof auditedMachinesReply>;
