import { type AccessDecision, type EffectiveRoles, rolesAt } from '#shared/domain/access.ts';
import { AppError } from '#shared/domain/error.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';

/** A refusal is given on nothing older: what somebody was just given works at once. */
const refusalFreshMs = 2_000;

/** Where ARM is silent now, what it said within the last minute still holds. */
const isUndecided = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'access_undecided' || error.code === 'roles_unreadable');

/**
 * What a caller holds at a resource, asked for again before it refuses him on anything older than `freshMs`: so at most
 * once in that time for each caller and subscription. Throws what `rolesIn` throws where nothing at all is known.
 */
export async function decideRight<Decision extends AccessDecision>(
  roles: RoleReader,
  target: { principalId: string; subscriptionId: string; resourceId: string },
  decide: (held: EffectiveRoles) => Decision,
  freshMs = refusalFreshMs,
): Promise<{ held: EffectiveRoles; decision: Decision }> {
  const { principalId, subscriptionId, resourceId } = target;
  const judge = (all: EffectiveRoles) => {
    const held = rolesAt(all, resourceId);
    return { held, decision: decide(held) };
  };
  const known = judge(await roles.rolesIn(principalId, subscriptionId));
  if (known.decision.allowed) return known;
  try {
    return judge(await roles.rolesIn(principalId, subscriptionId, freshMs));
  } catch (error) {
    if (isUndecided(error)) return known;
    throw error;
  }
}
