import { z } from 'zod';
import { extensionName } from '#shared/protocol/resource-names.ts';
import {
  asSeen,
  instanceView,
  messageOf,
  parametersShape,
  type SeenExtension,
  tagsShape,
} from './seen-extension.ts';
import type { ExtensionTarget } from './target.ts';

const schema = z
  .object({
    tags: tagsShape,
    properties: parametersShape.extend({
      provisioningState: z.string().default('Creating'),
      instanceView,
    }),
  })
  .transform(
    ({ tags, properties }): SeenExtension => ({
      ...asSeen(properties),
      tags: tags ?? {},
      provisioningState: properties.provisioningState,
      message: messageOf(properties.instanceView),
      version: properties.instanceView?.typeHandlerVersion ?? properties.typeHandlerVersion ?? undefined,
    }),
  );

/** Microsoft.HybridCompute/machines: the view of the machine comes with each read, and the version is the platform's to choose. */
export const arcTarget: ExtensionTarget = {
  apiVersion: '2024-07-10',
  path: `extensions/${extensionName}`,
  schema,
  hasTags: true,
  bodyOf: ({ handler, settings, protectedSettings, forceUpdateTag }, location, tags) => ({
    location,
    tags,
    properties: {
      ...handler,
      settings,
      protectedSettings,
      autoUpgradeMinorVersion: true,
      ...(forceUpdateTag !== undefined && { forceUpdateTag }),
    },
  }),
  runCommands: { apiVersion: '2025-01-13' },
};
