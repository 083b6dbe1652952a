import { z } from 'zod';
import type { DenyRule } from '#shared/domain/access.ts';
import type { ArmClient } from './arm-client.ts';
import { authorizationVersion, permissions } from './arm-role-definitions.ts';
import { remembered } from './remembered.ts';

/** All of a subscription, for callers who come together. */
const freshMs = 2_000;
/** In deny assignments this id stands for all principals. */
const everyone = '00000000-0000-0000-0000-000000000000';

const principals = z
  .array(z.object({ id: z.string().transform((id) => id.toLowerCase()), type: z.string().nullish() }))
  .nullish()
  .transform((list) => list ?? []);
const denyAssignment = z.object({
  id: z.string(),
  properties: z.object({
    denyAssignmentName: z.string().nullish(),
    scope: z.string(),
    permissions,
    doNotApplyToChildScopes: z.boolean().nullish(),
    principals,
    excludePrincipals: principals,
  }),
});
type DenyAssignment = z.infer<typeof denyAssignment>;

/** A principal that may have members: whatever does not say that it is one alone. */
const isGroup = ({ type }: { type?: string | null | undefined }): boolean =>
  type !== 'User' && type !== 'ServicePrincipal';

const isForGroup = ({ properties }: DenyAssignment): boolean =>
  properties.principals.some((one) => one.id !== everyone && isGroup(one));

/**
 * As a rule for the caller; undefined where it does not apply to him. A condition on it is not judged: it denies. So
 * it does where it excludes a group that he may be in.
 */
function toRule({ id, properties }: DenyAssignment, mine: ReadonlySet<string>): DenyRule | undefined {
  const { scope, permissions: denied, denyAssignmentName: name, doNotApplyToChildScopes } = properties;
  if (properties.excludePrincipals.some((one) => mine.has(one.id))) return undefined;
  const excludedGroups = properties.excludePrincipals.filter(isGroup).map((one) => one.id);
  return {
    scope,
    permissions: denied,
    assignmentId: id,
    ...(name && { name }),
    ...(doNotApplyToChildScopes && { ownScopeOnly: true }),
    ...(excludedGroups.length > 0 && { excludedGroups }),
  };
}

/** The deny assignments of one subscription. */
export interface Denials {
  /** What applies to a caller; `filter` is ARM's for his, `groups` are those that he is certainly in. */
  read(principalId: string, filter: string, groups: Promise<Iterable<string>>): Promise<DenyRule[]>;
}

/** Most subscriptions have none, so all are read, for everybody; what rests on groups ARM resolves for each caller. */
export function createDenials(arm: ArmClient, path: string, now: () => number): Denials {
  const list = (query?: Record<string, string>) =>
    arm.list(`${path}/denyAssignments`, authorizationVersion, denyAssignment, query);
  const all = remembered(list, freshMs, now);
  /** Whether the last reading had any for groups: then the next does not wait to learn it. */
  let hadGroups = false;

  return {
    async read(principalId, filter, groups) {
      const assigned = () => list({ $filter: filter });
      const early = hadGroups ? assigned() : undefined;
      const [everything, ofMine, known] = await Promise.all([all(), early, groups]);
      hadGroups = everything.some(isForGroup);
      const mine = new Set([principalId.toLowerCase(), ...[...known].map((id) => id.toLowerCase())]);
      const resolved = ofMine ?? (hadGroups ? await assigned() : []);
      const reaching = everything.filter(({ properties }) =>
        properties.principals.some(({ id }) => id === everyone || mine.has(id)),
      );
      const applying = new Map([...reaching, ...resolved].map((one) => [one.id.toLowerCase(), one] as const));
      return [...applying.values()].flatMap((one) => toRule(one, mine) ?? []);
    },
  };
}
