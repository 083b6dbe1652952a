import { judgeExtension } from '#shared/domain/extension-versions.ts';
import { compareVersions, isVersion } from '#shared/domain/version.ts';
import type { ExtensionSettings, MachineExtension } from '#shared/ports/resource-manager.ts';
import type { ArmClient } from '../arm-client.ts';
import { extensionOn, placeOf } from './extension-resource.ts';
import { marksOf } from './marks.ts';
import { type SeenExtension, toState } from './seen-extension.ts';
import type { ExtensionHandler } from './target.ts';

/** Any version: the platform installs the newest (as the documented template has it). */
const minimumVersion = '0.0';

const isDocumented = ({ publisher, type }: Pick<SeenExtension, 'publisher' | 'type'>): boolean =>
  `${publisher}/${type}`.toLowerCase() === 'microsoft.admincenter/admincenter';

/** A handler that the platform knows installs the agent itself: it is given settings and the token. */
export function createHandlerDelivery(
  arm: ArmClient,
  { oldestVersion, ...handler }: ExtensionHandler & { oldestVersion: string },
): MachineExtension {
  /**
   * The platform upgrades a handler only when somebody changes something. Another text makes it do so: that of the
   * version that is too old, so that a repetition is the same request. What others forced stays.
   */
  function forceFor(seen: SeenExtension | undefined): string | undefined {
    const { version, forceUpdateTag } = seen ?? {};
    const isOld =
      isDocumented(handler) &&
      version !== undefined &&
      isVersion(version) &&
      compareVersions(version, oldestVersion) < 0;
    return isOld ? version : forceUpdateTag;
  }

  /** An older version would refuse all of its settings for those of a proxy. */
  function settingsFor({ proxy, ...others }: ExtensionSettings, seen: SeenExtension | undefined) {
    const takesProxy = !isDocumented(handler) || judgeExtension(seen?.version).takesProxy;
    return { ...others, ...(proxy && takesProxy && { proxy }) };
  }

  return {
    async beginInstall(resourceId, settings, token) {
      const resource = extensionOn(arm, resourceId);
      const [place, before] = await Promise.all([placeOf(arm, resourceId), resource.find()]);
      const wanted = {
        handler,
        minimumVersion,
        settings: settingsFor(settings, before),
        protectedSettings: { token },
        forceUpdateTag: forceFor(before),
      };
      await resource.put(wanted, place, marksOf(settings), before ?? { tags: {} });
    },
    async read(resourceId) {
      const seen = await extensionOn(arm, resourceId).find();
      if (!seen) return { state: 'absent' };
      const needs = isDocumented(seen) ? judgeExtension(seen.version).connectNeeds : undefined;
      return toState(seen, seen.settings, needs);
    },
    beginRemove: (resourceId) => extensionOn(arm, resourceId).remove(),
  };
}
