import type { DenyRule, EffectiveRoles, Permissions, RoleGrant } from './access.ts';
import type { RequiredAction } from './access-actions.ts';
import { matchesAction } from './action-pattern.ts';
import { judgeCondition } from './assignment-condition.ts';

const anyMatches = (patterns: readonly string[], name: string) =>
  patterns.some((pattern) => matchesAction(pattern, name));

function givesIn(block: Permissions, { kind, name }: RequiredAction): boolean {
  if (kind === 'dataAction') return anyMatches(block.dataActions, name);
  if (kind === 'action') return anyMatches(block.actions, name);
  return block.actions.some((one) => one.toLowerCase() === name.toLowerCase());
}

const takesBackIn = (block: Permissions, { kind, name }: RequiredAction): boolean =>
  anyMatches(kind === 'dataAction' ? block.notDataActions : block.notActions, name);

interface Conditional {
  condition?: string;
  conditionVersion?: string;
}

/** A condition counts where it is certainly met, whatever it says of other actions. */
const isMet = ({ condition, conditionVersion }: Conditional, { name }: RequiredAction): boolean =>
  condition === undefined || judgeCondition(condition, conditionVersion, name) === 'true';

export type Coverage =
  | { is: 'given' | 'taken back' | 'not named' }
  /** In the words of the condition that is not certainly met. */
  | { is: 'conditional'; condition: string };

/** What an assignment, or a denial, says of an action: within one block the not-lists subtract, blocks add up. */
export function coverageOf(
  { permissions, ...whole }: { permissions: readonly Permissions[] } & Conditional,
  required: RequiredAction,
): Coverage {
  const naming = permissions.filter((block) => givesIn(block, required));
  if (naming.length === 0) return { is: 'not named' };
  const left = naming.filter((block) => !takesBackIn(block, required));
  if (left.length === 0) return { is: 'taken back' };
  const unmet = isMet(whole, required) ? undefined : whole;
  if (!unmet && left.some((block) => isMet(block, required))) return { is: 'given' };
  return { is: 'conditional', condition: (unmet ?? left[0])?.condition ?? '' };
}

/** A denial takes by wildcard too what only its own name gives, and under a condition as without one. */
export function takes(denial: DenyRule, { kind, name }: RequiredAction): boolean {
  const { is } = coverageOf(denial, { kind: kind === 'dataAction' ? kind : 'action', name });
  return is === 'given' || is === 'conditional';
}

/** Whether the assignment gives the action, denials aside. */
export const gives = (grant: RoleGrant, required: RequiredAction): boolean =>
  coverageOf(grant, required).is === 'given';

/** The assignments that give the action, none where a denial takes it. */
export const giversOf = (roles: EffectiveRoles, required: RequiredAction): RoleGrant[] =>
  roles.denials.some((denial) => takes(denial, required))
    ? []
    : roles.grants.filter((grant) => gives(grant, required));
