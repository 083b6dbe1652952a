import { z } from 'zod';
import { ArmError } from '../arm-error.ts';

const port = z.string().regex(/^(\*|\d{1,5}(-\d{1,5})?)$/, 'a port, a range or *');
const address = z.string().min(1).max(200);

/** A security rule as the portal writes PortForWAC and its outbound companions. */
const securityRule = z.looseObject({
  protocol: z.enum(['Tcp', 'Udp', 'Icmp', 'Esp', 'Ah', '*']),
  access: z.enum(['Allow', 'Deny']),
  direction: z.enum(['Inbound', 'Outbound']),
  priority: z.int(),
  description: z.string().max(140).optional(),
  sourcePortRange: port.optional(),
  sourcePortRanges: z.array(port).optional(),
  destinationPortRange: port.optional(),
  destinationPortRanges: z.array(port).optional(),
  sourceAddressPrefix: address.optional(),
  sourceAddressPrefixes: z.array(address).optional(),
  destinationAddressPrefix: address.optional(),
  destinationAddressPrefixes: z.array(address).optional(),
});

export type SecurityRule = z.infer<typeof securityRule>;

const needed = [
  ['sourcePortRange', 'sourcePortRanges'],
  ['destinationPortRange', 'destinationPortRanges'],
  ['sourceAddressPrefix', 'sourceAddressPrefixes'],
  ['destinationAddressPrefix', 'destinationAddressPrefixes'],
] as const;

export function parseSecurityRule(name: string, given: unknown): SecurityRule {
  const parsed = securityRule.safeParse(given);
  if (!parsed.success)
    throw new ArmError(
      400,
      'InvalidRequestFormat',
      `Security rule ${name}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
    );
  const rule = parsed.data;
  if (rule.priority < 100 || rule.priority > 4096)
    throw new ArmError(
      400,
      'SecurityRuleInvalidPriority',
      `Security rule has invalid Priority. Value provided: ${rule.priority} Allowed range 100-4096.`,
    );
  const missing = needed.find(([one, many]) => rule[one] === undefined && !rule[many]?.length);
  if (missing)
    throw new ArmError(
      400,
      'SecurityRuleParameterNotSpecified',
      `Required security rule parameters are missing for security rule with Id: ${name}. Security rule must specify ${missing[0]} or ${missing[1]}.`,
    );
  return rule;
}

/** Throws when two rules of a group have one priority in one direction. */
export function requireDistinct(rules: ReadonlyMap<string, SecurityRule>): void {
  const seen = new Map<string, string>();
  for (const [name, { priority, direction }] of rules) {
    const place = `${direction} ${priority}`;
    const other = seen.get(place);
    if (other !== undefined)
      throw new ArmError(
        400,
        'SecurityRuleConflict',
        `Security rule ${name} conflicts with rule ${other}. Rules cannot have the same Priority and Direction.`,
      );
    seen.set(place, name);
  }
}

const anywhere = {
  protocol: '*',
  sourcePortRange: '*',
  destinationPortRange: '*',
  provisioningState: 'Succeeded',
};
const row = (
  name: string,
  direction: 'Inbound' | 'Outbound',
  priority: number,
  access: 'Allow' | 'Deny',
  from: string,
  to: string,
) => ({
  name,
  properties: {
    ...anywhere,
    direction,
    priority,
    access,
    sourceAddressPrefix: from,
    destinationAddressPrefix: to,
  },
});

/** What every group has, as Azure documents it. */
export const defaultSecurityRules = [
  row('AllowVnetInBound', 'Inbound', 65_000, 'Allow', 'VirtualNetwork', 'VirtualNetwork'),
  row('AllowAzureLoadBalancerInBound', 'Inbound', 65_001, 'Allow', 'AzureLoadBalancer', '*'),
  row('DenyAllInBound', 'Inbound', 65_500, 'Deny', '*', '*'),
  row('AllowVnetOutBound', 'Outbound', 65_000, 'Allow', 'VirtualNetwork', 'VirtualNetwork'),
  row('AllowInternetOutBound', 'Outbound', 65_001, 'Allow', '*', 'Internet'),
  row('DenyAllOutBound', 'Outbound', 65_500, 'Deny', '*', '*'),
] as const;
