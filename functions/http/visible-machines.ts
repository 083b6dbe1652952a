import {
  type AccessDecision,
  type AccessRight,
  decideAccess,
  type EffectiveRoles,
  rolesAt,
} from '#shared/domain/access.ts';
import { AppError } from '#shared/domain/error.ts';
import type { AppPorts } from '../ports.ts';
import type { KnownMachine } from '../remembered-machines.ts';
import type { Caller } from './authorization.ts';

type Decide = (right: AccessRight) => AccessDecision;

export interface VisibleMachine {
  known: KnownMachine;
  decide: Decide;
}

/** Who asks for the list as it is now is not answered by roles that are older. */
const currentMs = 2_000;
const none: EffectiveRoles = { grants: [], denials: [] };

/** The tenant of a subscription; undefined where that is gone: one that was given back takes no other from the list. */
async function tenantOf(ports: AppPorts, subscriptionId: string): Promise<string | undefined> {
  try {
    return (await ports.resources.tenantOf(subscriptionId)).toLowerCase();
  } catch (error) {
    if (error instanceof AppError && error.code === 'machine_not_found') return undefined;
    throw error;
  }
}

/** The caller's roles in each subscription, none where it is another tenant's. */
async function rolesIn(
  ports: AppPorts,
  caller: Caller,
  subscriptionIds: Iterable<string>,
  maximumAgeMs: number | undefined,
) {
  const read = (subscriptionId: string) => ports.roles.rolesIn(caller.id, subscriptionId, maximumAgeMs);
  const found = [...new Set(subscriptionIds)].map(async (subscriptionId) => {
    const isMine = (await tenantOf(ports, subscriptionId)) === caller.tenantId.toLowerCase();
    return [subscriptionId, isMine ? await read(subscriptionId) : none] as const;
  });
  return new Map(await Promise.all(found));
}

/**
 * All machines that the caller may see, by name; his roles are read once a subscription and filtered in memory. They
 * are at most some seconds old, or with `isCurrent` not older than the call.
 */
export async function listVisible(
  ports: AppPorts,
  caller: Caller,
  { isCurrent }: { isCurrent: boolean },
): Promise<{ readAt: number; visible: VisibleMachine[] }> {
  const { readAt, machines } = await (isCurrent ? ports.machines.current() : ports.machines.recent());
  const roles = await rolesIn(
    ports,
    caller,
    machines.map(({ machine }) => machine.subscriptionId),
    isCurrent ? currentMs : undefined,
  );
  const deciders = new Map<string, Decide>();
  const visible = machines.flatMap((known): VisibleMachine[] => {
    const { subscriptionId, resourceId, kind } = known.machine;
    const held = roles.get(subscriptionId) ?? none;
    const here = rolesAt(held, resourceId);
    // Where the same assignments reach, the same is decided: of thousands of machines few differ.
    const key = `${subscriptionId} ${kind} ${here.grants.map((one) => held.grants.indexOf(one))} ${here.denials.map((one) => held.denials.indexOf(one))}`;
    const decide = deciders.get(key) ?? rememberDecisions((right) => decideAccess(here, kind, right));
    deciders.set(key, decide);
    return decide('see').allowed ? [{ known, decide }] : [];
  });
  return { readAt, visible };
}

function rememberDecisions(decide: Decide): Decide {
  const known = new Map<AccessRight, AccessDecision>();
  return (right) => {
    const decision = known.get(right) ?? decide(right);
    known.set(right, decision);
    return decision;
  };
}
