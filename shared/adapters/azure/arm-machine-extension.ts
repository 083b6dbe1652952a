import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { type MachineKind, parseMachineResource } from '#shared/domain/machine.ts';
import type { ExtensionState, MachineExtension } from '#shared/ports/resource-manager.ts';
import { extensionName } from '#shared/protocol/resource-names.ts';
import type { ArmClient } from './arm-client.ts';
import { armStatus, orMissing } from './arm-error.ts';

/** Which extension handler brings the agent; the documented one unless the deployment says otherwise. */
export interface ExtensionHandler {
  publisher: string;
  type: string;
}

interface ExtensionPlace {
  apiVersion: string;
  /** Below the machine's id. */
  path: string;
  /** HCI keeps the parameters one level deeper and has no location. */
  isNested?: boolean;
}

const places: Readonly<Record<MachineKind, ExtensionPlace>> = {
  arc: { apiVersion: '2024-07-10', path: `extensions/${extensionName}` },
  'azure-vm': { apiVersion: '2024-07-01', path: `extensions/${extensionName}` },
  'hci-cluster': {
    apiVersion: '2024-04-01',
    path: `arcSettings/default/extensions/${extensionName}`,
    isNested: true,
  },
};

const parameters = z.object({
  typeHandlerVersion: z.string().optional(),
  settings: z.object({ port: z.string().optional() }).optional(),
  instanceView: z.object({ status: z.object({ message: z.string().optional() }).optional() }).optional(),
});
const extension = z.object({
  properties: parameters.extend({
    provisioningState: z.string().default('Creating'),
    extensionParameters: parameters.optional(),
  }),
});

function toState({ properties }: z.infer<typeof extension>): ExtensionState {
  const { provisioningState } = properties;
  const {
    settings,
    typeHandlerVersion,
    instanceView = properties.instanceView,
  } = properties.extensionParameters ?? properties;
  const message = instanceView?.status?.message;
  const detail = message === undefined ? {} : { detail: message };
  switch (provisioningState) {
    case 'Succeeded':
      return {
        state: 'succeeded',
        ...detail,
        ...(settings?.port !== undefined && { port: Number(settings.port) }),
        ...(typeHandlerVersion !== undefined && { version: typeHandlerVersion }),
      };
    case 'Failed':
    case 'Canceled':
      return { state: 'failed', detail: message ?? `the extension is ${provisioningState}` };
    case 'Deleting':
      return { state: 'deleting', ...detail };
    default:
      return { state: 'creating', ...detail };
  }
}

export function createArmMachineExtension(options: {
  arm: ArmClient;
  handler?: ExtensionHandler;
}): MachineExtension {
  const { arm, handler = { publisher: 'Microsoft.AdminCenter', type: 'AdminCenter' } } = options;
  const placeOf = (resourceId: string) => {
    const place = places[parseMachineResource(resourceId).kind];
    return { ...place, path: `${resourceId}/${place.path}` };
  };

  const locationOf = async (resourceId: string, apiVersion: string): Promise<string> => {
    const found = await orMissing(arm.get(resourceId, apiVersion, z.object({ location: z.string() })));
    if (!found) throw new AppError('machine_not_found', `there is no machine ${resourceId}`);
    return found.location;
  };

  return {
    async beginInstall(resourceId, settings, token) {
      const { path, apiVersion, isNested } = placeOf(resourceId);
      const wanted = {
        ...handler,
        autoUpgradeMinorVersion: true,
        settings: { ...settings },
        protectedSettings: { token },
      };
      const body = isNested
        ? { properties: { extensionParameters: wanted } }
        : { location: await locationOf(resourceId, apiVersion), properties: wanted };
      try {
        await arm.send({ method: 'PUT', path, apiVersion, body });
      } catch (error) {
        // Another change of the same extension runs, for example its removal: that passes.
        if (armStatus(error) !== 409 || !(error instanceof AppError)) throw error;
        throw new AppError('resource_manager_unavailable', error.message, {
          facts: error.facts,
          cause: error,
        });
      }
    },
    async read(resourceId) {
      const { path, apiVersion } = placeOf(resourceId);
      const found = await orMissing(arm.get(path, apiVersion, extension));
      return found ? toState(found) : { state: 'absent' };
    },
    async beginRemove(resourceId) {
      const { path, apiVersion } = placeOf(resourceId);
      await orMissing(arm.send({ method: 'DELETE', path, apiVersion }));
    },
  };
}
