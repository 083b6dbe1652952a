import { z } from 'zod';
import type { SecurityRule } from '#shared/domain/security-rule.ts';

const text = z.string().optional();
const texts = z.array(z.string()).default([]);
const references = z.array(z.object({ id: z.string() })).default([]);

/** A rule as Microsoft.Network shows it: each of four parts as one value, as a list, or both. */
const shownRule = z.object({
  id: z.string().optional(),
  name: z.string(),
  etag: text,
  properties: z.object({
    direction: z.enum(['Inbound', 'Outbound']),
    access: z.enum(['Allow', 'Deny']),
    protocol: z.string(),
    priority: z.number(),
    description: text,
    provisioningState: text,
    sourceAddressPrefix: text,
    sourceAddressPrefixes: texts,
    sourceApplicationSecurityGroups: references,
    sourcePortRange: text,
    sourcePortRanges: texts,
    destinationAddressPrefix: text,
    destinationAddressPrefixes: texts,
    destinationApplicationSecurityGroups: references,
    destinationPortRange: text,
    destinationPortRanges: texts,
  }),
});

const together = (one: string | undefined, many: readonly string[]): string[] => [
  ...(one ? [one] : []),
  ...many,
];

/** A rule with what is needed to change it. */
export interface ArmSecurityRule extends SecurityRule {
  etag: string | undefined;
  /** A change of it has begun and not ended well. */
  isSettled: boolean;
}

export const armSecurityRule = shownRule.transform(({ name, etag, properties: shown }): ArmSecurityRule => {
  const { direction, access, protocol, priority, description } = shown;
  const idsOf = (groups: readonly { id: string }[]) => groups.map(({ id }) => id);
  return {
    name,
    direction,
    access,
    protocol,
    priority,
    // Whose addresses an application security group holds is not said here: its id is like an unknown service tag.
    sources: [
      ...together(shown.sourceAddressPrefix, shown.sourceAddressPrefixes),
      ...idsOf(shown.sourceApplicationSecurityGroups),
    ],
    sourcePorts: together(shown.sourcePortRange, shown.sourcePortRanges),
    destinations: [
      ...together(shown.destinationAddressPrefix, shown.destinationAddressPrefixes),
      ...idsOf(shown.destinationApplicationSecurityGroups),
    ],
    destinationPorts: together(shown.destinationPortRange, shown.destinationPortRanges),
    ...(description !== undefined && { description }),
    etag,
    isSettled: (shown.provisioningState ?? 'Succeeded') === 'Succeeded',
  };
});

/** One value in the singular, several in the plural: the service refuses a list with `*` in it. */
const oneOrMany = (one: string, many: string, values: readonly string[]) =>
  values.length === 1 ? { [one]: values[0] } : { [many]: values };

/** The body of a PUT. */
export const toArmRule = ({ direction, access, protocol, priority, description, ...rule }: SecurityRule) => ({
  properties: {
    direction,
    access,
    protocol,
    priority,
    description,
    ...oneOrMany('sourceAddressPrefix', 'sourceAddressPrefixes', rule.sources),
    ...oneOrMany('sourcePortRange', 'sourcePortRanges', rule.sourcePorts),
    ...oneOrMany('destinationAddressPrefix', 'destinationAddressPrefixes', rule.destinations),
    ...oneOrMany('destinationPortRange', 'destinationPortRanges', rule.destinationPorts),
  },
});
