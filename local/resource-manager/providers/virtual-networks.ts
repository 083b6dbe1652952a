import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import { composeBody } from '../generic-verbs.ts';
import type { Resource } from '../resource-store.ts';
import type { ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import {
  interfaceType,
  locatedBody,
  networkApiVersions,
  reference,
  requireReference,
  subnetType,
  usersOf,
} from './network-references.ts';

const networkType = 'Microsoft.Network/virtualNetworks';

const subnetBody = z.looseObject({
  addressPrefix: z.cidrv4().optional(),
  addressPrefixes: z.array(z.union([z.cidrv4(), z.cidrv6()])).optional(),
  networkSecurityGroup: reference.optional(),
});
const networkBody = z.looseObject({
  addressSpace: z.looseObject({
    addressPrefixes: z.array(z.union([z.cidrv4(), z.cidrv6()])).min(1),
  }),
  subnets: z
    .array(z.looseObject({ name: z.string().min(1).max(80), properties: z.record(z.string(), z.unknown()) }))
    .optional(),
});

function parse<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ArmError(400, 'InvalidRequestFormat', z.prettifyError(parsed.error).replaceAll('\n', ' '));
}

/** Virtual networks and their subnets, each with its security group: names of networks, nothing is routed. */
export function virtualNetworks({ resources }: ProviderContext): TypeRules[] {
  const common = { apiVersions: networkApiVersions, showsEtag: true } as const;

  const requireSubnet = (call: ResourceCall, given: unknown): void => {
    const { addressPrefix, addressPrefixes, networkSecurityGroup } = parse(subnetBody, given);
    if (addressPrefix === undefined && !addressPrefixes?.length)
      throw new ArmError(400, 'NoAddressPrefixOrPoolProvided', 'A subnet must have an address prefix.');
    requireReference(resources, call, networkSecurityGroup?.id);
  };
  const requireUnused = ({ id, key }: Resource): void => {
    const [user] = usersOf(resources, interfaceType, key);
    if (user)
      throw new ArmError(
        400,
        'InUseSubnetCannotBeDeleted',
        `Subnet ${id} is in use by ${user.id} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet.`,
      );
  };

  const networks: TypeRules = {
    ...common,
    type: networkType,
    verbs: ['GET', 'LIST', 'PUT', 'PATCH', 'DELETE'],
    compose(call, existing) {
      const body = locatedBody(call, existing);
      const { subnets: given } = parse(networkBody, body.properties);
      for (const { properties } of given ?? []) requireSubnet(call, properties);
      const { subnets: _, ...properties } = body.properties;
      return {
        body: { ...body, properties },
        secret: { given: call.request.method === 'PUT' ? (given ?? []) : given },
      };
    },
    onWritten(network) {
      // A PUT replaces them all; what machines are in stays, as the service refuses to lose it.
      const given = network.secret['given'] as { name: string; properties: object }[] | undefined;
      if (given === undefined) return;
      const names = new Set(given.map(({ name }) => name.toLowerCase()));
      for (const subnet of resources.list(subnetType, network.key)) {
        if (names.has(subnet.name.toLowerCase())) continue;
        requireUnused(subnet);
        resources.remove(subnet.key);
      }
      for (const { name, properties } of given)
        resources.put({
          id: `${network.id}/subnets/${name}`,
          type: subnetType,
          body: { properties: { ...properties, provisioningState: 'Succeeded' } },
        });
    },
    show(network) {
      const subnets = resources.list(subnetType, network.key).map(({ id, name, etag, body }) => ({
        id,
        name,
        etag,
        properties: body.properties,
      }));
      return { ...network.body, properties: { ...network.body.properties, subnets } };
    },
    requireDeletable(network) {
      for (const subnet of resources.list(subnetType, network.key)) requireUnused(subnet);
    },
  };

  const subnets: TypeRules = {
    ...common,
    type: subnetType,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    compose(call) {
      const { properties } = composeBody(call, undefined);
      requireSubnet(call, properties);
      return { body: { properties } };
    },
    requireDeletable: requireUnused,
  };

  return [networks, subnets];
}
