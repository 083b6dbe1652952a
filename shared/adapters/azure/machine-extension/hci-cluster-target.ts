import { z } from 'zod';
import { compareVersions, isVersion } from '#shared/domain/version.ts';
import { extensionName } from '#shared/protocol/resource-names.ts';
import type { ArmClient } from '../arm-client.ts';
import { asSeen, instanceView, messageOf, parametersShape, type SeenExtension } from './seen-extension.ts';
import type { ExtensionTarget } from './target.ts';

const apiVersion = '2024-04-01';
const settingsPath = 'arcSettings/default';

const node = z.object({ typeHandlerVersion: z.string().nullish(), instanceView });
const schema = z
  .object({
    properties: z.object({
      provisioningState: z.string().default('Creating'),
      extensionParameters: parametersShape.default({}),
      perNodeExtensionDetails: z.array(node).nullish(),
    }),
  })
  .transform(({ properties }): SeenExtension => {
    const nodes = properties.perNodeExtensionDetails ?? [];
    const versions = nodes
      .map((one) => one.instanceView?.typeHandlerVersion ?? one.typeHandlerVersion ?? '')
      .filter(isVersion)
      .toSorted(compareVersions);
    return {
      ...asSeen(properties.extensionParameters),
      tags: {},
      provisioningState: properties.provisioningState,
      message: nodes.map((one) => messageOf(one.instanceView)).find((message) => message !== undefined),
      // It moves between the nodes: the oldest has to do.
      version: versions[0] ?? properties.extensionParameters.typeHandlerVersion ?? undefined,
    };
  });

const connectivity = z.object({
  properties: z.object({
    connectivityProperties: z.looseObject({ enabled: z.boolean().nullish() }).nullish(),
  }),
});

/** Extensions reach the nodes of a cluster only once connectivity is enabled on its Arc settings (azure-apis B.3). */
async function enableConnectivity(arm: ArmClient, resourceId: string): Promise<void> {
  const path = `${resourceId}/${settingsPath}`;
  const { properties } = await arm.get(path, apiVersion, connectivity);
  if (properties.connectivityProperties?.enabled === true) return;
  const body = { properties: { connectivityProperties: { enabled: true } } };
  await arm.send({ method: 'PATCH', path, apiVersion, body });
}

/** Microsoft.AzureStackHCI/clusters: the parameters lie one level deeper, and there is neither a location nor a tag. */
export const hciClusterTarget: ExtensionTarget = {
  apiVersion,
  path: `${settingsPath}/extensions/${extensionName}`,
  schema,
  hasTags: false,
  prepare: enableConnectivity,
  bodyOf: ({ handler, settings, protectedSettings, forceUpdateTag }) => ({
    properties: {
      extensionParameters: {
        ...handler,
        settings,
        protectedSettings,
        autoUpgradeMinorVersion: true,
        ...(forceUpdateTag !== undefined && { forceUpdateTag }),
      },
    },
  }),
};
