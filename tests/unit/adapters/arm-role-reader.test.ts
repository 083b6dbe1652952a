import { beforeEach, describe, expect, it } from 'vitest';
import { createArmRoleReader } from '#shared/adapters/azure/arm-role-reader.ts';
import type { RoleReader } from '#shared/ports/resource-manager.ts';
import { createListedArm } from '../../support/listed-arm.ts';

const scope = '/subscriptions/s';
const everyone = '00000000-0000-0000-0000-000000000000';

const definition = (guid: string, type: 'BuiltInRole' | 'CustomRole', actions = ['*/read']) => ({
  id: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
  properties: { roleName: guid, type, permissions: [{ actions, notActions: [], dataActions: null }] },
});
const assignment = (guid: string, principalId = 'u') => ({
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${guid}-${principalId}`,
  properties: { roleDefinitionId: definition(guid, 'BuiltInRole').id.toUpperCase(), scope, principalId },
});
const denial = (name: string, principals: object[], excludePrincipals?: object[]) => ({
  id: `${scope}/providers/Microsoft.Authorization/denyAssignments/${name}`,
  properties: {
    denyAssignmentName: name,
    scope,
    permissions: [{ actions: ['*'] }],
    principals,
    excludePrincipals,
  },
});

let assignments: object[];
let denials: { all: object[]; assigned: object[] };
let definitions: Map<string, object>;
let nowMs: number;
let asked: string[];
let roles: RoleReader;

beforeEach(() => {
  assignments = [];
  denials = { all: [], assigned: [] };
  definitions = new Map();
  nowMs = 0;
  const listed = createListedArm((collection, filter) => {
    if (collection === 'roleAssignments') return assignments;
    if (collection === 'denyAssignments') return filter === undefined ? denials.all : denials.assigned;
    const all = [...definitions.values()] as ReturnType<typeof definition>[];
    return filter === undefined ? all : all.filter(({ properties }) => properties.type === 'CustomRole');
  }, definitions);
  asked = listed.asked;
  roles = createArmRoleReader({ arm: listed.arm, now: () => nowMs });
});

const define = (guid: string, ...more: [type?: 'BuiltInRole' | 'CustomRole', actions?: string[]]) =>
  definitions.set(guid, definition(guid, more[0] ?? 'BuiltInRole', more[1]));
const read = async () => {
  asked.length = 0;
  return roles.rolesIn('u', 's');
};
const always = ["LIST roleAssignments assignedTo('u')", 'LIST denyAssignments'];

describe('role definitions', () => {
  it('that are few and new are read one by one, and then known for an hour', async () => {
    for (const guid of ['a', 'b']) define(guid);
    assignments = [assignment('a'), assignment('b'), assignment('a', 'group')];
    expect((await read()).grants.map(({ roleName }) => roleName)).toEqual(['a', 'b', 'a']);
    expect(asked).toEqual([...always, 'GET a', 'GET b']);
    nowMs = 3_599_999;
    await read();
    expect(asked).toEqual(always);
    nowMs = 3_600_000;
    await read();
    expect(asked).toEqual([always[0], 'GET a', 'GET b']);
  });

  it('that are many and new are read in one list', async () => {
    const guids = ['a', 'b', 'c', 'd', 'e'];
    for (const guid of guids) define(guid);
    assignments = guids.map((guid) => assignment(guid));
    expect((await read()).grants).toHaveLength(5);
    expect(asked).toEqual([...always, 'LIST roleDefinitions']);
  });

  it('that are custom are read again beside the assignments, so that a change counts at once', async () => {
    define('c', 'CustomRole', ['*']);
    assignments = [assignment('c')];
    await read();
    nowMs = 2_000;
    define('c', 'CustomRole', ['*/write']);
    const { grants } = await read();
    expect(grants).toMatchObject([{ permissions: [{ actions: ['*/write'] }] }]);
    expect(asked.toSorted()).toEqual([...always, "LIST roleDefinitions type eq 'CustomRole'"].toSorted());
  });

  it('keep the conditions that some of Azure’s own roles have', async () => {
    const conditional = definition('a', 'BuiltInRole');
    const condition = { condition: `Exists @Resource[b]`, conditionVersion: '2.0' };
    Object.assign(conditional.properties.permissions[0] ?? {}, condition);
    definitions.set('a', conditional);
    assignments = [assignment('a')];
    expect((await read()).grants).toMatchObject([{ permissions: [condition] }]);
  });

  it('that are gone grant nothing, the custom one from the next reading on', async () => {
    define('c', 'CustomRole');
    assignments = [assignment('c'), assignment('never there')];
    expect((await read()).grants).toHaveLength(1);
    definitions.delete('c');
    nowMs = 2_000;
    expect((await read()).grants).toEqual([]);
  });

  it('of one subscription are not those of another, though they have the same id', async () => {
    define('a');
    assignments = [assignment('a')];
    await read();
    asked.length = 0;
    await roles.rolesIn('u', 'T');
    expect(asked).toContain('GET a');
  });
});

describe('denials', () => {
  const names = async () => (await read()).denials.map(({ name }) => name);

  it('for groups are resolved by Azure Resource Manager, from then on without waiting for it', async () => {
    const forGroup = denial('for a group', [{ id: 'g', type: 'Group' }]);
    denials = { all: [forGroup], assigned: [] };
    expect(await names()).toEqual([]);
    expect(asked).toEqual([...always, "LIST denyAssignments assignedTo('u')"]);
    denials.assigned = [forGroup];
    expect(await names()).toEqual(['for a group']);
    nowMs = 2_000;
    denials = { all: [], assigned: [] };
    await names();
    nowMs = 4_000;
    await names();
    expect(asked).toEqual(always);
  });

  it('apply to everybody, to himself in any case, and to a group that his assignments show him to be in', async () => {
    define('a');
    assignments = [assignment('a', 'G')];
    denials.all = [
      denial('everybody', [{ id: everyone, type: 'SystemDefined' }]),
      denial('himself', [{ id: 'U', type: 'User' }]),
      denial('his group', [{ id: 'g', type: 'Group' }]),
      denial('somebody else', [{ id: 'v', type: 'User' }]),
      denial('nobody', []),
    ];
    expect(await names()).toEqual(['everybody', 'himself', 'his group']);
  });

  it('that are found both ways count once', async () => {
    const both = denial('both', [
      { id: 'u', type: 'User' },
      { id: 'g', type: 'Group' },
    ]);
    denials = { all: [both], assigned: [both] };
    expect(await names()).toEqual(['both']);
  });

  it.each([
    ['himself', [{ id: 'U', type: 'User' }], undefined],
    ['a group of his', [{ id: 'g', type: 'Group' }], undefined],
    ['another person', [{ id: 'v', type: 'User' }], []],
    ['another group', [{ id: 'h', type: 'Group' }], ['h']],
    ['what has no type', [{ id: 'h' }], ['h']],
  ])('that exclude %s', async (_, excluded, expected) => {
    define('a');
    assignments = [assignment('a', 'G')];
    denials.all = [denial('everybody', [{ id: everyone, type: 'SystemDefined' }], excluded)];
    const [rule] = (await read()).denials;
    expect(rule && (rule.excludedGroups ?? [])).toEqual(expected);
  });
});
