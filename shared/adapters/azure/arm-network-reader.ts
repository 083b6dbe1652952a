import { z } from 'zod';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';
import { armSecurityRule } from './arm-security-rule.ts';

export const networkApiVersion = '2024-05-01';
const computeApiVersion = '2024-07-01';

const reference = z.object({ id: z.string() });
const virtualMachine = z.object({
  properties: z.object({
    networkProfile: z
      .object({
        networkInterfaces: z
          .array(
            z.object({
              id: z.string(),
              properties: z.object({ primary: z.boolean().optional() }).optional(),
            }),
          )
          .default([]),
      })
      .optional(),
  }),
});
const networkInterface = z.object({
  properties: z.object({
    networkSecurityGroup: reference.optional(),
    ipConfigurations: z
      .array(
        z.object({
          properties: z.object({
            privateIPAddress: z.string().optional(),
            primary: z.boolean().optional(),
            publicIPAddress: reference.optional(),
            subnet: reference.optional(),
          }),
        }),
      )
      .default([]),
  }),
});
const publicAddress = z.object({ properties: z.object({ ipAddress: z.string().optional() }) });
const subnet = z.object({ properties: z.object({ networkSecurityGroup: reference.optional() }) });
const securityGroup = z.object({
  id: z.string(),
  properties: z.object({
    securityRules: z.array(armSecurityRule).default([]),
    defaultSecurityRules: z.array(armSecurityRule).default([]),
  }),
});

type NetworkInterface = z.infer<typeof networkInterface>['properties'];

/** What Microsoft.Network has of a virtual machine; what is missing there is undefined or left out. */
export function createArmNetworkReader(arm: ArmClient) {
  const find = async <T extends { properties: unknown }>(id: string, schema: z.ZodType<T>, version: string) =>
    orMissing(arm.get(id, version, schema));

  return {
    /** The primary interface first. */
    async interfacesOf(resourceId: string): Promise<NetworkInterface[]> {
      const machine = await find(resourceId, virtualMachine, computeApiVersion);
      const { networkInterfaces = [] } = machine?.properties.networkProfile ?? {};
      const ids = networkInterfaces
        .toSorted(
          (one, other) =>
            Number(other.properties?.primary === true) - Number(one.properties?.primary === true),
        )
        .map(({ id }) => id);
      const found = await Promise.all(ids.map((id) => find(id, networkInterface, networkApiVersion)));
      return found.flatMap((one) => one?.properties ?? []);
    },
    publicAddressAt: async (id: string): Promise<string | undefined> =>
      (await find(id, publicAddress, networkApiVersion))?.properties.ipAddress,
    groupOfSubnet: async (id: string): Promise<string | undefined> =>
      (await find(id, subnet, networkApiVersion))?.properties.networkSecurityGroup?.id,
    async groupAt(id: string) {
      const group = await find(id, securityGroup, networkApiVersion);
      return (
        group && {
          id: group.id,
          rules: group.properties.securityRules,
          defaults: group.properties.defaultSecurityRules,
        }
      );
    },
  };
}
