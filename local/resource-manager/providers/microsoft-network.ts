import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import { parentKey } from '../resource-id.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import {
  defaultSecurityRules,
  parseSecurityRule,
  requireDistinct,
  type SecurityRule,
} from './network-security-rules.ts';

const apiVersions = ['2024-05-01', '2024-01-01', '2023-11-01', '2023-09-01', '2022-07-01', '2020-11-01'];
const verbs = ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'] as const;
const namespace = 'Microsoft.Network';
const groupType = `${namespace}/networkSecurityGroups`;
const ruleType = `${groupType}/securityRules`;
const interfaceType = `${namespace}/networkInterfaces`;
const addressType = `${namespace}/publicIPAddresses`;

const reference = z.looseObject({ id: z.string().startsWith('/') });
const interfaceBody = z.looseObject({
  networkSecurityGroup: reference.optional(),
  ipConfigurations: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        properties: z.looseObject({
          privateIPAddress: z.string().optional(),
          publicIPAddress: reference.optional(),
        }),
      }),
    )
    .min(1),
});
const ruleList = z.array(z.looseObject({ name: z.string().min(1), properties: z.unknown() }));

/** A stable address of a documentation range (RFC 5737) or of a private one; nothing listens there. */
const addressFor = (key: string, prefix: string): string =>
  `${prefix}.${1 + ((createHash('sha256').update(key).digest()[0] ?? 0) % 254)}`;

/** Interfaces, public addresses, security groups and rules: shapes, checks and long-running operations. */
export function microsoftNetwork({ resources, timed }: ProviderContext): Provider {
  const common = { apiVersions, verbs, showsEtag: true } as const;
  const located = (call: ResourceCall, existing: Resource | undefined) => {
    const body = composeBody(call, existing);
    if (typeof body.location !== 'string')
      throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
    return body;
  };
  const requireReference = (call: ResourceCall, id: string | undefined) => {
    if (id === undefined || resources.get(id)) return;
    throw new ArmError(
      400,
      'InvalidResourceReference',
      `Resource ${id} referenced by resource ${call.id.id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    );
  };
  const users = (key: string): Resource[] =>
    resources
      .list(interfaceType, '')
      .filter(({ body }) => JSON.stringify(body).toLowerCase().includes(`"${key}"`));

  const rulesOf = (groupKey: string): Map<string, SecurityRule> =>
    new Map(
      resources
        .list(ruleType, groupKey)
        .map(({ name, body }) => [name, parseSecurityRule(name, body.properties)]),
    );

  const groups: TypeRules = {
    ...common,
    type: groupType,
    compose(call, existing) {
      const body = located(call, existing);
      const given = ruleList.optional().safeParse(body.properties['securityRules']);
      if (!given.success)
        throw new ArmError(400, 'InvalidRequestFormat', "'securityRules' must be a list of rules.");
      const { securityRules: _, defaultSecurityRules: __, ...properties } = body.properties;
      if (given.data)
        requireDistinct(
          new Map(given.data.map(({ name, properties: rule }) => [name, parseSecurityRule(name, rule)])),
        );
      return {
        body: { ...body, properties },
        secret: { given: call.request.method === 'PUT' ? (given.data ?? []) : given.data },
      };
    },
    onWritten(group) {
      // A PUT replaces them all, also by none, as in the service; a PATCH without rules leaves them.
      const given = group.secret['given'] as z.infer<typeof ruleList> | undefined;
      if (given === undefined) return;
      for (const rule of resources.list(ruleType, group.key)) resources.remove(rule.key);
      for (const { name, properties } of given)
        resources.put({
          id: `${group.id}/securityRules/${name}`,
          type: ruleType,
          body: { properties: { ...(properties as object), provisioningState: 'Succeeded' } },
        });
    },
    show(group) {
      const securityRules = resources.list(ruleType, group.key).map(({ id, name, etag, body }) => ({
        id,
        name,
        etag,
        properties: body.properties,
      }));
      const interfaces = users(group.key).map(({ id }) => ({ id }));
      return {
        ...group.body,
        properties: {
          ...group.body.properties,
          securityRules,
          defaultSecurityRules: defaultSecurityRules.map((rule) => ({
            id: `${group.id}/defaultSecurityRules/${rule.name}`,
            ...rule,
          })),
          ...(interfaces.length && { networkInterfaces: interfaces }),
        },
      };
    },
    requireDeletable(group) {
      const [user] = users(group.key);
      if (user)
        throw new ArmError(
          400,
          'InUseNetworkSecurityGroupCannotBeDeleted',
          `Network security group ${group.id} cannot be deleted because it is in use by the following resources: ${user.id}.`,
        );
    },
  };

  const rules: TypeRules = {
    ...common,
    type: ruleType,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    compose(call) {
      const { properties } = composeBody(call, undefined);
      const name = call.id.names.at(-1) ?? '';
      const rule = parseSecurityRule(name, properties);
      const all = rulesOf(parentKey(call.id) ?? '');
      for (const other of all.keys()) if (other.toLowerCase() === name.toLowerCase()) all.delete(other);
      requireDistinct(all.set(name, rule));
      return { body: { properties } };
    },
  };

  const addresses: TypeRules = {
    ...common,
    type: addressType,
    compose(call, existing) {
      const body = located(call, existing);
      const { publicIPAllocationMethod = 'Dynamic' } = body.properties;
      const ipAddress =
        publicIPAllocationMethod === 'Static' ? addressFor(call.id.key, '203.0.113') : undefined;
      return {
        body: {
          sku: { name: 'Standard', tier: 'Regional' },
          ...body,
          properties: {
            publicIPAddressVersion: 'IPv4',
            idleTimeoutInMinutes: 4,
            ...body.properties,
            publicIPAllocationMethod,
            ...(ipAddress && { ipAddress }),
          },
        },
      };
    },
    requireDeletable(address) {
      const [user] = users(address.key);
      if (user)
        throw new ArmError(
          400,
          'PublicIPAddressCannotBeDeleted',
          `Public IP address ${address.id} can not be deleted since it is still allocated to resource ${user.id}.`,
        );
    },
  };

  const interfaces: TypeRules = {
    ...common,
    type: interfaceType,
    compose(call, existing) {
      const body = located(call, existing);
      const parsed = interfaceBody.safeParse(body.properties);
      if (!parsed.success)
        throw new ArmError(400, 'InvalidRequestFormat', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      requireReference(call, parsed.data.networkSecurityGroup?.id);
      const ipConfigurations = parsed.data.ipConfigurations.map(({ name, properties }, index) => {
        requireReference(call, properties.publicIPAddress?.id);
        return {
          id: `${call.id.id}/ipConfigurations/${name}`,
          name,
          properties: {
            privateIPAddress: addressFor(call.id.key, '10.0.0'),
            privateIPAllocationMethod: 'Dynamic',
            primary: index === 0,
            ...properties,
          },
        };
      });
      return { body: { ...body, properties: { ...body.properties, ipConfigurations } } };
    },
    requireDeletable(own) {
      const machine = resources
        .list('Microsoft.Compute/virtualMachines', '')
        .find(({ body }) => JSON.stringify(body).toLowerCase().includes(`"${own.key}"`));
      if (machine)
        throw new ArmError(
          400,
          'NicInUse',
          `Network Interface ${own.id} is used by existing resource ${machine.id}. In order to delete the network interface, it must be dissociated from the resource.`,
        );
    },
  };

  return { types: [groups, rules, addresses, interfaces].map((one) => timed.over(one)) };
}
