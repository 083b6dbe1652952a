import type { ExtensionGate } from '#orchestrations/open-session/activities.ts';
import type { MachineExtension } from '#shared/ports/resource-manager.ts';

/** A version only rises: one that is good enough is looked at again this much later, in case somebody replaced it. */
const freshMs = 10 * 60_000;
const most = 10_000;

/** Remembers machines whose extension is new enough, so that a connect seldom asks. */
export function rememberExtensionGate(
  extension: Pick<MachineExtension, 'read'>,
  now: () => number,
): ExtensionGate {
  const good = new Map<string, number>();
  return {
    async findOutdated(resourceId) {
      const key = resourceId.toLowerCase();
      const readAt = good.get(key);
      if (readAt !== undefined && now() - readAt < freshMs) return undefined;
      const seen = await extension.read(resourceId);
      if (seen.state !== 'absent' && seen.connectNeeds !== undefined)
        return { found: seen.version ?? 'unknown', needed: seen.connectNeeds };
      good.delete(key);
      good.set(key, now());
      const [oldest] = good.keys();
      if (good.size > most && oldest !== undefined) good.delete(oldest);
      return undefined;
    },
  };
}
