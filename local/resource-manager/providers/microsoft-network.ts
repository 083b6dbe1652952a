import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import { parentKey } from '../resource-id.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, TypeRules } from '../type-rules.ts';
import {
  interfaceType,
  locatedBody,
  networkApiVersions,
  reference,
  requireReference,
  subnetType,
  usersOf,
} from './network-references.ts';
import {
  defaultSecurityRules,
  parseSecurityRule,
  requireDistinct,
  type SecurityRule,
} from './network-security-rules.ts';
import { virtualNetworks } from './virtual-networks.ts';

const verbs = ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'] as const;
const namespace = 'Microsoft.Network';
const groupType = `${namespace}/networkSecurityGroups`;
const ruleType = `${groupType}/securityRules`;
const addressType = `${namespace}/publicIPAddresses`;

const interfaceBody = z.looseObject({
  networkSecurityGroup: reference.optional(),
  ipConfigurations: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        properties: z.looseObject({
          privateIPAddress: z.string().optional(),
          publicIPAddress: reference.optional(),
          subnet: reference.optional(),
        }),
      }),
    )
    .min(1),
});
const ruleList = z.array(z.looseObject({ name: z.string().min(1), properties: z.unknown() }));

/** A stable address of a documentation range (RFC 5737) or of a private one; nothing listens there. */
const addressFor = (key: string, prefix: string): string =>
  `${prefix}.${1 + ((createHash('sha256').update(key).digest()[0] ?? 0) % 254)}`;

/** Interfaces, public addresses, security groups and rules, virtual networks: shapes, checks and long-running operations. */
export function microsoftNetwork(context: ProviderContext): Provider {
  const { resources, timed } = context;
  const common = { apiVersions: networkApiVersions, verbs, showsEtag: true } as const;
  const users = (key: string): Resource[] => usersOf(resources, interfaceType, key);

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
      const body = locatedBody(call, existing);
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
      const subnets = usersOf(resources, subnetType, group.key).map(({ id }) => ({ id }));
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
          ...(subnets.length && { subnets }),
        },
      };
    },
    requireDeletable(group) {
      const [user] = [...users(group.key), ...usersOf(resources, subnetType, group.key)];
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
      const body = locatedBody(call, existing);
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
      const body = locatedBody(call, existing);
      const parsed = interfaceBody.safeParse(body.properties);
      if (!parsed.success)
        throw new ArmError(400, 'InvalidRequestFormat', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      requireReference(resources, call, parsed.data.networkSecurityGroup?.id);
      const ipConfigurations = parsed.data.ipConfigurations.map(({ name, properties }, index) => {
        requireReference(resources, call, properties.publicIPAddress?.id);
        requireReference(resources, call, properties.subnet?.id);
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

  const types = [groups, rules, addresses, interfaces, ...virtualNetworks(context)];
  return { types: types.map((one) => timed.over(one)) };
}
