import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import type { ResourceCall } from '../type-rules.ts';

const record = z.record(z.string(), z.unknown());

/** The fields of the extension resource that a caller may set; others are refused so that a typing error is seen. */
const extensionBody = z.object({
  location: z.string().min(1),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    publisher: z.string().min(1),
    type: z.string().min(1),
    typeHandlerVersion: z.string().optional(),
    autoUpgradeMinorVersion: z.boolean().optional(),
    enableAutomaticUpgrade: z.boolean().optional(),
    forceUpdateTag: z.string().optional(),
    settings: record.optional(),
    protectedSettings: record.optional(),
  }),
});

export function parseExtension(call: ResourceCall): z.infer<typeof extensionBody> {
  const parsed = extensionBody.safeParse(call.body());
  if (!parsed.success)
    throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}
