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
      // What stands in the properties is the major and minor version that was asked for.
      version: properties.instanceView?.typeHandlerVersion ?? undefined,
    }),
  );

/** Microsoft.Compute/virtualMachines: a read shows the machine's view only when it is asked for. */
export const azureVmTarget: ExtensionTarget = {
  apiVersion: '2024-07-01',
  path: `extensions/${extensionName}`,
  query: { $expand: 'instanceView' },
  schema,
  hasTags: true,
  bodyOf: ({ handler, minimumVersion, settings, protectedSettings, forceUpdateTag }, location, tags) => ({
    location,
    tags,
    properties: {
      ...handler,
      settings,
      protectedSettings,
      typeHandlerVersion: minimumVersion,
      autoUpgradeMinorVersion: true,
      ...(forceUpdateTag !== undefined && { forceUpdateTag }),
    },
  }),
  runCommands: { apiVersion: '2024-07-01' },
};
