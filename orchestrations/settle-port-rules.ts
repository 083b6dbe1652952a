import { isSameAddress } from '#shared/domain/ip-network.ts';
import { ownerOfRule } from '#shared/domain/port-rule.ts';
import { type OpenedPort, reverse } from '#shared/domain/reach.ts';
import type { SecurityGroup, SecurityRule } from '#shared/domain/security-rule.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { getDocument, updateDocument } from './records.ts';

const ruleIdIn = ({ id }: SecurityGroup, { name }: SecurityRule): string => `${id}/securityRules/${name}`;
const isRuleOf = (group: SecurityGroup | undefined, ruleId: string): boolean =>
  group !== undefined && ruleId.toLowerCase().startsWith(`${group.id}/securityRules/`.toLowerCase());

const openedBy = (group: SecurityGroup, rule: SecurityRule): OpenedPort => ({
  ruleId: ruleIdIn(group, rule),
  isOurs: true,
  port: Number(rule.destinationPorts[0]),
  sources: rule.sources.includes('*') ? 'any' : rule.sources,
});

/**
 * Closes what nobody comes through any more: every rule of ours but that in the group of the address in use. The record
 * then has what stands there. Whatever an earlier change left in the group of another interface goes too.
 */
export async function settlePortRules(
  { network, store }: { network: MachineNetwork; store: MachineStore },
  machineId: string,
): Promise<void> {
  const { portRule, resourceId, reach = reverse } = (await getDocument(store, machineId, 'machine')).document;
  if (!portRule) return;
  const addresses = await network.addressesOf(resourceId);
  const inUse = addresses.find(
    ({ address }) => reach.mode === 'direct' && isSameAddress(address, reach.address),
  );
  const groups = addresses.flatMap((one) => one.groups.filter(({ guards }) => guards === 'interface'));
  const kept = inUse?.groups.find(({ guards }) => guards === 'interface');
  const ours = groups.flatMap((group) =>
    group.rules.filter((rule) => ownerOfRule(rule) === machineId).map((rule) => openedBy(group, rule)),
  );
  // An interface that was taken off the machine is not listed any more.
  const ruleIds = new Set([...ours, ...(portRule.isOurs ? [portRule] : [])].map(({ ruleId }) => ruleId));
  for (const ruleId of ruleIds) if (!isRuleOf(kept, ruleId)) await network.closePort(ruleId, machineId);
  const standing = isRuleOf(kept, portRule.ruleId)
    ? portRule
    : ours.find(({ ruleId }) => isRuleOf(kept, ruleId));
  await updateDocument(store, machineId, 'machine', undefined, (machine) => {
    const { portRule: _, ...rest } = machine;
    return { document: standing ? { ...rest, portRule: standing } : rest };
  });
}
