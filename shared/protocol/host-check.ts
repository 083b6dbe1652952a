import { z } from 'zod';
import { hostCheckIds, hostCheckTextLimit } from '#shared/domain/host-check.ts';

const text = z.string().max(hostCheckTextLimit);

/** What the agent found on its machine (requirements 109-114 and 54), in the documented order. */
export const hostCheckList = z
  .array(
    z.object({
      id: z.enum(hostCheckIds),
      /** null: it could not be told, or does not apply to this machine. */
      ok: z.boolean().nullable(),
      found: text,
      /** What to do about it. */
      next: text.optional(),
    }),
  )
  .max(hostCheckIds.length);
