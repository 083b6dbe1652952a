import {
  type AccessRight,
  type DenyRule,
  decideAccess,
  type EffectiveRoles,
  type RoleGrant,
} from './access.ts';
import { type RequiredAction, requiredActions } from './access-actions.ts';
import { coverageOf, giversOf, gives, takes } from './access-matching.ts';
import type { MachineKind } from './machine.ts';

/** An assignment that would give a right and does not count. */
interface PassedOver {
  grant: RoleGrant;
  why: 'condition' | 'not-action';
  /** The condition in Azure's own words, or the action that the role itself takes back. */
  detail: string;
}

export interface ExplainedAccess {
  right: AccessRight;
  allowed: boolean;
  /** The first action that nothing gives. */
  missingAction?: string;
  /** Every assignment that gives a part of it, also where another part is missing or denied. */
  grants: RoleGrant[];
  /** Deny assignments that take it away; none where it is allowed another way. */
  denials: DenyRule[];
  passedOver: PassedOver[];
}

function reasonAgainst(grant: RoleGrant, required: RequiredAction): PassedOver | undefined {
  const coverage = coverageOf(grant, required);
  if (coverage.is === 'taken back') return { grant, why: 'not-action', detail: required.name };
  if (coverage.is === 'conditional') return { grant, why: 'condition', detail: coverage.condition };
  return undefined;
}

/** Why a right is given or not: `roles` as they hold at the machine (`rolesAt`). Decides as `decideAccess` does. */
export function explain(roles: EffectiveRoles, kind: MachineKind, right: AccessRight): ExplainedAccess {
  const decision = decideAccess(roles, kind, right);
  const needed = requiredActions[kind][right];
  const undenied: EffectiveRoles = { ...roles, denials: [] };
  const grants = needed.flatMap((ways) => ways.flatMap((way) => giversOf(undenied, way)));
  const unmet = needed.filter((ways) => ways.every((way) => giversOf(roles, way).length === 0)).flat();
  const passedOver = needed.flatMap((ways) =>
    roles.grants.flatMap((grant): PassedOver[] => {
      // Who gives it one way is not passed over for another.
      if (ways.some((way) => gives(grant, way))) return [];
      const reasons = ways.flatMap((way) => reasonAgainst(grant, way) ?? []);
      return reasons.slice(0, 1);
    }),
  );
  return {
    right,
    allowed: decision.allowed,
    ...(!decision.allowed && { missingAction: decision.missingAction }),
    grants: [...new Set(grants)],
    denials: roles.denials.filter((denial) => unmet.some((required) => takes(denial, required))),
    // One that stands in the way of several actions is named for the first.
    passedOver: [
      ...new Map(passedOver.map((one) => [one.grant, one] as const).toReversed()).values(),
    ].toReversed(),
  };
}
