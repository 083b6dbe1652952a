import { z } from 'zod';
import { sessionEndReasons } from '#shared/domain/session.ts';

/** What a session and a line of a list of sessions share. */

const timestamp = z.iso.datetime();

export const sessionUsage = z.object({
  /** Bytes from the browser to the machine, and back. */
  bytesUp: z.number(),
  bytesDown: z.number(),
  connections: z.number(),
  lastActiveAt: timestamp.optional(),
  reportedAt: timestamp,
});

export const sessionEnd = z.object({
  at: timestamp,
  reason: z.enum(sessionEndReasons),
  by: z.object({ id: z.string(), name: z.string() }).optional(),
});
