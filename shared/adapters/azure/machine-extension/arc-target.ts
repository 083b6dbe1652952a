import { extensionName } from '#shared/protocol/resource-names.ts';
import { ownResource } from './own-resource.ts';
import type { ExtensionTarget } from './target.ts';

/** Microsoft.HybridCompute/machines: the view of the machine comes with each read, and the version is the platform's to choose. */
export const arcTarget: ExtensionTarget = {
  apiVersion: '2024-07-10',
  path: `extensions/${extensionName}`,
  schema: ownResource((found) => found.instanceView?.typeHandlerVersion ?? found.typeHandlerVersion),
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
