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

/** Within one permission block the not-lists subtract; blocks add up. */
export type Coverage = 'given' | 'taken back' | 'not named';

/** What the permissions of one role say of an action. */
export function coverageOf(permissions: readonly Permissions[], required: RequiredAction): Coverage {
  const naming = permissions.filter((block) => givesIn(block, required));
  if (naming.length === 0) return 'not named';
  return naming.some((block) => !takesBackIn(block, required)) ? 'given' : 'taken back';
}

/** A denial takes by wildcard too what only its own name gives. */
export const takes = ({ permissions }: DenyRule, { kind, name }: RequiredAction): boolean =>
  coverageOf(permissions, { kind: kind === 'dataAction' ? kind : 'action', name }) === 'given';

/** A condition counts where it is certainly met, whatever it says of other actions. */
const meetsCondition = ({ condition, conditionVersion }: RoleGrant, { name }: RequiredAction): boolean =>
  condition === undefined || judgeCondition(condition, conditionVersion, name) === 'true';

/** Whether the assignment gives the action, denials aside. */
export const gives = (grant: RoleGrant, required: RequiredAction): boolean =>
  coverageOf(grant.permissions, required) === 'given' && meetsCondition(grant, required);

/** The assignments that give the action, none where a denial takes it. */
export const giversOf = (roles: EffectiveRoles, required: RequiredAction): RoleGrant[] =>
  roles.denials.some((denial) => takes(denial, required))
    ? []
    : roles.grants.filter((grant) => gives(grant, required));
