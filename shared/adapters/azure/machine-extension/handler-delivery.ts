import type { MachineExtension } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from '../arm-client.ts';
import { extensionOn, placeOf } from './extension-resource.ts';
import { marksOf } from './marks.ts';
import { toState } from './seen-extension.ts';
import type { ExtensionHandler } from './target.ts';

/** Any version: the platform installs the newest (as the documented template has it). */
const minimumVersion = '0.0';

/** A handler that the platform knows installs the agent itself: it is given settings and the token. */
export function createHandlerDelivery(arm: ArmClient, handler: ExtensionHandler): MachineExtension {
  return {
    async beginInstall(resourceId, settings, token) {
      const place = await placeOf(arm, resourceId);
      const wanted = {
        handler,
        minimumVersion,
        settings: { ...settings },
        protectedSettings: { token },
        forceUpdateTag: undefined,
      };
      await extensionOn(arm, resourceId).put(wanted, place, marksOf(settings));
    },
    async read(resourceId) {
      const seen = await extensionOn(arm, resourceId).find();
      return seen ? toState(seen, seen.settings) : { state: 'absent' };
    },
    beginRemove: (resourceId) => extensionOn(arm, resourceId).remove(),
  };
}
