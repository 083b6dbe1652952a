import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessRight,
  type DenyRule,
  decideAccess,
  type Permissions,
  type RoleGrant,
} from '#shared/domain/access.ts';
import { requiredActions } from '#shared/domain/access-actions.ts';
import { explain } from '#shared/domain/access-explained.ts';

const empty: Permissions = { actions: [], notActions: [], dataActions: [], notDataActions: [] };
const grant = (assignmentId: string, given: Partial<Permissions>, condition?: string): RoleGrant => ({
  roleName: 'custom',
  scope: '/',
  permissions: [{ ...empty, ...given }],
  assignmentId,
  ...(condition && { condition }),
});
const denial = (name: string, given: Partial<Permissions>): DenyRule => ({
  scope: '/',
  permissions: [{ ...empty, ...given }],
  name,
});
const ofArc = (right: AccessRight, grants: RoleGrant[], denials: DenyRule[] = []) =>
  explain({ grants, denials }, 'arc', right);

describe('an explanation', () => {
  const wac = { dataActions: ['Microsoft.HybridCompute/machines/WACLoginAsAdmin/action'] };
  const write = { actions: ['Microsoft.HybridCompute/machines/extensions/write'] };

  it('of a right that is given names who gives it, and nothing else', () => {
    const direct = grant('direct', wac);
    const wide = grant('wide', { dataActions: ['*'] });
    expect(ofArc('connect-wac', [direct, wide, grant('other', { actions: ['*'] })])).toEqual({
      right: 'connect-wac',
      allowed: true,
      grants: [direct, wide],
      denials: [],
      passedOver: [],
    });
  });

  it('of one that is half given names the half and what is missing', () => {
    const half = grant('half', write);
    expect(ofArc('install', [half])).toMatchObject({
      allowed: false,
      missingAction: 'Microsoft.HybridConnectivity/endpoints/write',
      grants: [half],
    });
  });

  it('of one that is denied names the denials that take it and those alone', () => {
    const denials = [
      denial('takes it', { dataActions: ['*/WACLoginAsAdmin/*'] }),
      denial('takes something else', { dataActions: ['*/login/action'] }),
    ];
    expect(ofArc('connect-wac', [grant('direct', wac)], denials)).toMatchObject({
      allowed: false,
      grants: [{ assignmentId: 'direct' }],
      denials: [{ name: 'takes it' }],
    });
  });

  it('names no denial where another way is left', () => {
    const login = grant('login', { dataActions: ['*/login/action', '*/loginAsAdmin/action'] });
    const denials = [denial('not as administrator', { dataActions: ['*/loginAsAdmin/*'] })];
    expect(ofArc('connect-ssh', [login], denials)).toMatchObject({ allowed: true, denials: [] });
  });

  it('says which assignments were passed over, and why', () => {
    const condition = `@Resource[a/b:c] StringEquals 'd'`;
    const passed = [
      grant('conditional', wac, condition),
      grant('with a hole', { ...wac, notDataActions: ['*/WACLoginAsAdmin/action'] }),
      grant('of something else', { actions: ['*'] }, condition),
      grant('of a conditional role', { ...wac, condition }),
    ];
    expect(ofArc('connect-wac', passed)).toMatchObject({
      allowed: false,
      grants: [],
      passedOver: [
        { grant: { assignmentId: 'conditional' }, why: 'condition', detail: condition },
        { grant: { assignmentId: 'with a hole' }, why: 'not-action', detail: wac.dataActions[0] },
        { grant: { assignmentId: 'of a conditional role' }, why: 'condition', detail: condition },
      ],
    });
  });

  it('passes nobody over one way who gives it another', () => {
    const user = grant('user', { dataActions: ['*'], notDataActions: ['*/loginAsAdmin/action'] });
    expect(ofArc('connect-ssh', [user])).toMatchObject({ allowed: true, passedOver: [] });
  });

  const actions = Object.values(requiredActions.arc).flatMap((needed) =>
    needed.flatMap((ways) => ways.map(({ name }) => name)),
  );
  const patterns = fc.subarray([...new Set(actions), '*', '*/read', '*/action'], { maxLength: 4 });
  const permissions = fc.record({
    actions: patterns,
    notActions: patterns,
    dataActions: patterns,
    notDataActions: patterns,
  });
  const condition = fc.constantFrom(undefined, `ActionMatches{'*/read'}`, `Exists @Resource[a]`, '?');
  const grants = fc.array(
    fc.tuple(permissions, condition).map(([given, when]) => grant('id', given, when)),
    { maxLength: 4 },
  );
  const denials = fc.array(
    permissions.map((given) => denial('one', given)),
    { maxLength: 2 },
  );

  it('decides as the decision does, whatever is held', () => {
    const rights = Object.keys(requiredActions.arc) as AccessRight[];
    fc.assert(
      fc.property(grants, denials, fc.constantFrom(...rights), (held, taken, right) => {
        const roles = { grants: held, denials: taken };
        const { allowed, missingAction, grants: givers, denials: takers } = explain(roles, 'arc', right);
        const decision = decideAccess(roles, 'arc', right);
        expect({ allowed, missingAction }).toEqual({
          allowed: decision.allowed,
          missingAction: decision.allowed ? undefined : decision.missingAction,
        });
        // What is given has a giver, and what a denial takes is not given.
        expect(!allowed || givers.length > 0).toBe(true);
        expect(!allowed || takers.length === 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
