import { AppError } from '#shared/domain/error.ts';
import { isSameAddress } from '#shared/domain/ip-network.ts';
import { ownerOfRule, planPort } from '#shared/domain/port-rule.ts';
import type { NetworkAddress, SecurityRule } from '#shared/domain/security-rule.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';

interface MemoryAddress extends Omit<NetworkAddress, 'groups'> {
  /** Ids of groups, by what they guard. */
  interfaceGroup?: string;
  subnetGroup?: string;
}

/** Networks of virtual machines: addresses by lower-cased resource id, rules by the id of their group. */
export function createMemoryMachineNetwork(now: () => number = Date.now) {
  const addresses = new Map<string, MemoryAddress[]>();
  const groups = new Map<string, SecurityRule[]>();

  const groupOf = (id: string | undefined, guards: 'interface' | 'subnet') => {
    const rules = id === undefined ? undefined : groups.get(id);
    return id !== undefined && rules ? [{ id, guards, rules: [...rules] }] : [];
  };
  const of = (resourceId: string) => addresses.get(resourceId.toLowerCase()) ?? [];

  return {
    addresses,
    groups,
    async addressesOf(resourceId: string) {
      return of(resourceId)
        .map(({ interfaceGroup, subnetGroup, ...address }) => ({
          ...address,
          groups: [...groupOf(interfaceGroup, 'interface'), ...groupOf(subnetGroup, 'subnet')],
        }))
        .toSorted((one, other) => Number(one.isPublic) - Number(other.isPublic));
    },
    async openPort({ resourceId, machineId, address, port, sources }) {
      const place = of(resourceId).find((one) => isSameAddress(one.address, address));
      if (!place) throw new AppError('invalid_request', `${address} is not an address of the machine`);
      const { interfaceGroup, listenOn } = place;
      const rules = interfaceGroup === undefined ? undefined : groups.get(interfaceGroup);
      if (interfaceGroup === undefined || !rules) return undefined;
      const { action, rule, isOurs } = planPort(rules, { machineId, listenOn, port, sources });
      const opened = { ruleId: `${interfaceGroup}/securityRules/${rule.name}`, isOurs, port, sources };
      if (action === 'keep') return opened;
      groups.set(interfaceGroup, [...rules.filter(({ name }) => name !== rule.name), rule]);
      return { ...opened, openedAt: new Date(now()).toISOString() };
    },
    async closePort(ruleId: string, machineId: string) {
      const [groupId = '', name] = ruleId.split('/securityRules/');
      const rules = groups.get(groupId) ?? [];
      const kept = rules.filter((rule) => rule.name !== name || ownerOfRule(rule) !== machineId);
      if (groups.has(groupId)) groups.set(groupId, kept);
    },
  } satisfies MachineNetwork & Record<string, unknown>;
}
