import type { EffectiveRoles } from '#shared/domain/access.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';

/** A decision is never older than this: the end of an assignment is seen within it. */
const freshMs = 60_000;
const most = 10_000;

/** Remembers what ARM said of a caller for a minute; calls that come together share one reading. */
export function rememberRoles(reader: RoleReader, now: () => number): RoleReader {
  const known = new Map<string, { readAt: number; roles: Promise<EffectiveRoles> }>();
  return {
    rolesIn(principalId, subscriptionId) {
      const key = `${principalId} ${subscriptionId}`;
      const found = known.get(key);
      if (found && now() - found.readAt < freshMs) return found.roles;
      const reading = { readAt: now(), roles: reader.rolesIn(principalId, subscriptionId) };
      known.delete(key);
      known.set(key, reading);
      const [oldest] = known.keys();
      if (known.size > most && oldest !== undefined) known.delete(oldest);
      // A failure is not a decision: the next caller asks again.
      reading.roles.catch(() => known.get(key) === reading && known.delete(key));
      return reading.roles;
    },
  };
}
