import { describe, expect, it } from 'vitest';
import { endOf } from '#shared/domain/role-schedule.ts';
import { scopeKindOf } from '#shared/domain/scope-kind.ts';

const subscription = '/subscriptions/00000000-0000-4000-8000-000000000001';

describe('the end of an assignment', () => {
  const endsAt = '2026-10-01T18:00:00.000Z';
  const ending = [
    { principalId: 'Person', roleDefinitionId: `${subscription}/roleDefinitions/ROLE`, scope: '/A/', endsAt },
  ];
  const grant = {
    roleName: 'a role',
    permissions: [],
    scope: '/a',
    roleDefinitionId: '/roleDefinitions/role',
    principal: { id: 'person', kind: 'User' },
  };

  it('is that of the same person, role and scope, however they are written', () => {
    expect(endOf(grant, ending)).toBe(endsAt);
  });

  it.each([
    { principal: { id: 'another', kind: 'User' } },
    { scope: '/a/b' },
    { roleDefinitionId: '/roleDefinitions/another' },
  ])('is not that of one with %j', (change) => {
    expect(endOf({ ...grant, ...change }, ending)).toBeUndefined();
  });
});

describe('a scope', () => {
  it.each([
    ['/', 'root'],
    ['', 'root'],
    ['/providers/Microsoft.Management/managementGroups/top', 'management group'],
    [subscription, 'subscription'],
    [`${subscription}/`, 'subscription'],
    [`${subscription}/resourceGroups/rg`, 'resource group'],
    [`${subscription}/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/web-01`, 'resource'],
  ])('%s is that of a %s', (scope, kind) => {
    expect(scopeKindOf(scope)).toBe(kind);
  });
});
