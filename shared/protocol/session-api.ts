import { z } from 'zod';
import { serviceName } from './api.ts';
import { sessionEnd, sessionUsage } from './session-parts.ts';

const timestamp = z.iso.datetime();

/** One line of `GET /api/machines/{id}/sessions` and `GET /api/sessions`. */
const listedSession = z.object({
  sessionId: z.string(),
  machineId: z.string(),
  /** The machine as a list shows it. */
  machine: z.string(),
  service: serviceName,
  user: z.object({ id: z.string(), name: z.string() }),
  isOwn: z.boolean(),
  state: z.enum(['opening', 'open', 'failed', 'revoked', 'ended']),
  createdAt: timestamp,
  expiresAt: timestamp,
  from: z.string().optional(),
  leaseId: z.string().optional(),
  usage: sessionUsage.optional(),
  end: sessionEnd.optional(),
  /** Whether the caller may end it now. */
  mayEnd: z.boolean(),
});
export type ListedSession = z.infer<typeof listedSession>;

/** `?ended=true` adds those of the last day, newest first; without it those that are live. */
export const sessionListQuery = z.strictObject({ ended: z.enum(['true', 'false']).optional() });
export const sessionListReply = z.object({ value: z.array(listedSession) });

/** `DELETE /api/machines/{id}/sessions`: ends all live ones. */
export const endedSessionsReply = z.object({ ended: z.number() });
