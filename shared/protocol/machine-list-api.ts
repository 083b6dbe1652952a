import { z } from 'zod';
import { healthReasonCodes, healthStates } from '#shared/domain/machine-health.ts';
import { machineStates } from '#shared/domain/machine-state.ts';
import { operationKinds } from '#shared/domain/operation.ts';

/** What `GET /api/machines` and its command line share, and how state and health are written. */

export const machineKind = z.enum(['arc', 'azure-vm', 'hci-cluster']);
export const machineState = z.enum(machineStates);
const healthState = z.enum(healthStates);
const healthReasonCode = z.enum(healthReasonCodes);

/** How the agent says that the machine is, with a sentence for each thing that is amiss and what to do about it. */
export const machineHealth = z.object({
  state: healthState,
  reasons: z.array(z.object({ code: healthReasonCode, sentence: z.string(), remedy: z.string() })),
});

export const pageSizes = { default: 200, maximum: 1000 } as const;

const between = `must be a whole number from 1 to ${pageSizes.maximum}`;

/** `GET /api/machines?search=&state=&kind=&top=&skipToken=`; the same question goes with a token as without. */
export const machineListQuery = z.strictObject({
  /** Words, each of which is in name, resource id or operating system, in any case of letters. */
  search: z.string().max(200).optional(),
  state: machineState.optional(),
  kind: machineKind.optional(),
  /** Rows of a page. */
  top: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, between)
    .transform(Number)
    .refine((top) => top <= pageSizes.maximum, between)
    .optional(),
  /** `next` or `previous` of an answer to the same question. */
  skipToken: z.string().max(2000).optional(),
});

const machineRow = z.object({
  id: z.string(),
  resourceId: z.string(),
  name: z.string(),
  kind: machineKind,
  state: machineState,
  /** The sentences are at the machine itself. */
  health: z.object({ state: healthState, reasons: z.array(healthReasonCode) }),
  osName: z.string().nullable(),
  location: z.string().nullable(),
  /** Of the extension. */
  port: z.number().int().nullable(),
  /** End of the newest certificate. */
  notAfter: z.iso.datetime().nullable(),
  presence: z.object({ connected: z.boolean(), lastSeenAt: z.iso.datetime().nullable() }),
  operation: z.object({ id: z.string(), kind: z.enum(operationKinds) }).nullable(),
  may: z.object({ install: z.boolean(), connect: z.boolean() }),
});
export type MachineRow = z.infer<typeof machineRow>;

/** One page: those that need somebody first (by state, then by health), then by name. */
export const machineListReply = z.object({
  value: z.array(machineRow),
  /** Machines that the caller may see. */
  total: z.number().int(),
  /** Of these, those that match. */
  matched: z.number().int(),
  /** Of these, those before this page. */
  before: z.number().int(),
  /** Machines that the caller may see, by state, whatever was asked for. */
  counts: z.record(machineState, z.number().int()),
  /** `skipToken` of the page before this one and of the one after it; null where there is none. */
  previous: z.string().nullable(),
  next: z.string().nullable(),
  /** When this was read; at most a few seconds ago. */
  readAt: z.iso.datetime(),
});
export type MachineListReply = z.infer<typeof machineListReply>;
