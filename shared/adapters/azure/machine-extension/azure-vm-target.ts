import { extensionName } from '#shared/protocol/resource-names.ts';
import { ownResource } from './own-resource.ts';
import type { ExtensionTarget } from './target.ts';

/** Microsoft.Compute/virtualMachines: a read shows the machine's view only when it is asked for. */
export const azureVmTarget: ExtensionTarget = {
  apiVersion: '2024-07-01',
  path: `extensions/${extensionName}`,
  query: { $expand: 'instanceView' },
  // What stands in the properties is the major and minor version that was asked for.
  schema: ownResource((found) => found.instanceView?.typeHandlerVersion),
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
