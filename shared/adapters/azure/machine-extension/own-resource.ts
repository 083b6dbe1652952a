import { z } from 'zod';
import {
  asSeen,
  instanceView,
  messageOf,
  parametersShape,
  type SeenExtension,
  tagsShape,
} from './seen-extension.ts';

const properties = parametersShape.extend({
  provisioningState: z.string().default('Creating'),
  instanceView,
});

/** An extension that is a resource of its machine's own, as ARM shows it; where its version stands differs. */
export const ownResource = (
  versionOf: (found: z.infer<typeof properties>) => string | null | undefined,
): z.ZodType<SeenExtension> =>
  z.object({ tags: tagsShape, properties }).transform(
    ({ tags, properties: found }): SeenExtension => ({
      ...asSeen(found),
      tags: tags ?? {},
      provisioningState: found.provisioningState,
      message: messageOf(found.instanceView),
      version: versionOf(found) ?? undefined,
    }),
  );
