import type { SecurityGroup, SecurityRule } from '#shared/domain/security-rule.ts';

/** A rule that lets everything in, with these differences. */
export const rule = (changes: Partial<SecurityRule> = {}): SecurityRule => ({
  name: 'rule',
  direction: 'Inbound',
  access: 'Allow',
  protocol: '*',
  priority: 1000,
  sources: ['*'],
  sourcePorts: ['*'],
  destinations: ['*'],
  destinationPorts: ['*'],
  ...changes,
});

const inbound = {
  direction: 'Inbound',
  sources: ['VirtualNetwork'],
  destinations: ['VirtualNetwork'],
} as const;
const outbound = { ...inbound, direction: 'Outbound' } as const;

/** What Azure gives every group. */
export const defaultRules: readonly SecurityRule[] = [
  rule({ ...inbound, name: 'AllowVnetInBound', priority: 65_000 }),
  rule({ name: 'AllowAzureLoadBalancerInBound', priority: 65_001, sources: ['AzureLoadBalancer'] }),
  rule({ name: 'DenyAllInBound', priority: 65_500, access: 'Deny' }),
  rule({ ...outbound, name: 'AllowVnetOutBound', priority: 65_000 }),
  rule({
    ...outbound,
    name: 'AllowInternetOutBound',
    priority: 65_001,
    sources: ['*'],
    destinations: ['Internet'],
  }),
  rule({ name: 'DenyAllOutBound', priority: 65_500, access: 'Deny', direction: 'Outbound' }),
];

const groupsOf =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers/Microsoft.Network/networkSecurityGroups';

/** A group with the default rules and these. */
export const group = (
  guards: SecurityGroup['guards'],
  rules: readonly SecurityRule[] = [],
  name = `nsg-${guards}`,
): SecurityGroup => ({ id: `${groupsOf}/${name}`, guards, rules: [...rules, ...defaultRules] });
