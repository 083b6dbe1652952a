import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { showResource } from '../generic-verbs.ts';
import type { ProviderContext, TypeRules } from '../type-rules.ts';
import { scopesAtOrAbove } from './authorization-filter.ts';
import { type BuiltInRole, builtInRoles } from './built-in-roles.ts';

const apiVersions = ['2022-05-01-preview', '2022-04-01', '2018-07-01', '2018-01-01-preview'];
const type = 'Microsoft.Authorization/roleDefinitions';
const texts = z.array(z.string()).default([]);

const customRole = z.object({
  properties: z.object({
    roleName: z.string().min(1).max(512),
    description: z.string().max(2048).default(''),
    type: z.literal('CustomRole').default('CustomRole'),
    permissions: z
      .array(z.object({ actions: texts, notActions: texts, dataActions: texts, notDataActions: texts }))
      .length(1),
    assignableScopes: z.array(z.string().startsWith('/')).min(1),
  }),
});

function showBuiltIn(role: BuiltInRole, prefix: string): Record<string, unknown> {
  return {
    id: `${prefix}/providers/${type}/${role.name}`,
    name: role.name,
    type,
    properties: {
      roleName: role.roleName,
      type: 'BuiltInRole',
      description: role.description,
      assignableScopes: ['/'],
      permissions: [
        {
          actions: role.actions,
          notActions: role.notActions ?? [],
          dataActions: role.dataActions ?? [],
          notDataActions: [],
        },
      ],
    },
  };
}

/** ARM shows a built-in role below the subscription through which it was asked for. */
const prefixOf = (scope: string): string => /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';

const filters: readonly [RegExp, (properties: Record<string, unknown>, value: string) => boolean][] = [
  [/^roleName eq '([^']+)'$/i, (properties, value) => properties['roleName'] === value],
  [
    /^type eq '([^']+)'$/i,
    (properties, value) => String(properties['type']).toLowerCase() === value.toLowerCase(),
  ],
  [/^atScopeAndBelow\(\)$/i, () => true],
];

/** Built-in roles are the same everywhere; custom ones are resources at one of their assignable scopes. */
export function roleDefinitionRules({ resources, managementGroups }: ProviderContext) {
  const findBuiltIn = (name: string) => builtInRoles.find((role) => role.name === name.toLowerCase());

  const rules: TypeRules = {
    type,
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    isExtension: true,
    get(call) {
      const name = call.id.names.at(-1) ?? '';
      const builtIn = findBuiltIn(name);
      if (builtIn) return { status: 200, body: showBuiltIn(builtIn, prefixOf(call.id.scope)) };
      const custom = resources.findByName(type, name);
      if (custom) return { status: 200, body: showResource(rules, custom) };
      throw new ArmError(
        404,
        'RoleDefinitionDoesNotExist',
        `The specified role definition with ID '${name}' does not exist.`,
      );
    },
    list(call) {
      const text = call.query.get('$filter');
      const filter = filters.find(([pattern]) => text !== null && pattern.test(text));
      if (text !== null && !filter)
        throw new ArmError(400, 'UnsupportedQuery', `The filter '${text}' is not supported.`);
      const value = filter?.[0].exec(text ?? '')?.[1] ?? '';
      const reach = new Set(scopesAtOrAbove(call.id.scope, managementGroups));
      const custom = resources
        .list(type, '')
        .filter(({ body }) =>
          (body.properties['assignableScopes'] as string[]).some((scope) => reach.has(scope.toLowerCase())),
        );
      const all = [
        ...builtInRoles.map((role) => showBuiltIn(role, prefixOf(call.id.scope))),
        ...custom.map((role) => showResource(rules, role)),
      ];
      const shown = all.filter(
        (role) => !filter || filter[1](role['properties'] as Record<string, unknown>, value),
      );
      return { status: 200, body: { value: shown } };
    },
    compose(call) {
      const name = call.id.names.at(-1) ?? '';
      if (findBuiltIn(name))
        throw new ArmError(409, 'RoleDefinitionIsBuiltIn', 'Built-in roles cannot be changed.');
      if (!z.guid().safeParse(name).success)
        throw new ArmError(400, 'InvalidRoleDefinitionId', 'The role definition ID must be a GUID.');
      const parsed = customRole.safeParse(call.body());
      if (!parsed.success)
        throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      const { properties } = parsed.data;
      const twin = resources.list(type, '').find(({ key, body }) => {
        return key !== call.id.key && body.properties['roleName'] === properties.roleName;
      });
      if (twin || builtInRoles.some(({ roleName }) => roleName === properties.roleName))
        throw new ArmError(
          409,
          'RoleDefinitionWithSameNameExists',
          `A custom role with the same name already exists in this directory. Use a different name than '${properties.roleName}'.`,
        );
      return { body: { properties } };
    },
  };

  return {
    rules,
    /** The role that a `roleDefinitionId` of any form names, with its canonical id. */
    find(roleDefinitionId: string): { id: string } | undefined {
      const name = roleDefinitionId.split('/').at(-1) ?? '';
      const builtIn = findBuiltIn(name);
      if (!builtIn) return resources.findByName(type, name);
      return { id: `${prefixOf(roleDefinitionId)}/providers/${type}/${builtIn.name}` };
    },
  };
}
