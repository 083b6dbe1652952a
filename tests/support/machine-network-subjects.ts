import { DefaultAzureCredential } from '@azure/identity';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmMachineNetwork } from '#shared/adapters/azure/arm-machine-network.ts';
import type { SecurityRule } from '#shared/domain/security-rule.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import { type Cloud, call, groupId, startCloud } from '../contract/resource-manager/cloud.ts';
import { createMemoryMachineNetwork } from './memory-machine-network.ts';

const apiVersion = '2024-05-01';
const computeApiVersion = '2024-07-01';
const at = (type: string, name: string) => `${groupId}/providers/${type}/${name}`;
const securityGroup = (name: string) => at('Microsoft.Network/networkSecurityGroups', name);

interface MachineShape {
  /** Names of groups that were made before. */
  interfaceGroup?: string;
  subnetGroup?: string;
  privateAddress?: string;
  publicAddress?: string;
}

/** One implementation of the port with the network that it works on. */
export interface MachineNetworkSubject {
  network: MachineNetwork;
  /** Answers the group's id. */
  addGroup(name: string, rules?: readonly SecurityRule[]): Promise<string>;
  /** Answers the machine's resource id. */
  addMachine(name: string, shape: MachineShape): Promise<string>;
  /** The rules that people made, in the order of their priorities, as anybody sees them. */
  rulesIn(group: string): Promise<SecurityRule[]>;
  /** Writes or removes a rule as somebody else would. */
  putRule(group: string, rule: SecurityRule): Promise<void>;
  removeRule(group: string, name: string): Promise<void>;
}

const byPriority = (one: SecurityRule, other: SecurityRule) => one.priority - other.priority;

export async function openMemory(): Promise<MachineNetworkSubject> {
  const network = createMemoryMachineNetwork();
  const rulesOf = (name: string) => network.groups.get(securityGroup(name)) ?? [];
  return {
    network,
    async addGroup(name, rules = []) {
      network.groups.set(securityGroup(name), [...rules]);
      return securityGroup(name);
    },
    async addMachine(name, { interfaceGroup, subnetGroup, privateAddress = '10.0.0.4', publicAddress }) {
      const id = at('Microsoft.Compute/virtualMachines', name);
      const common = {
        listenOn: privateAddress,
        ...(interfaceGroup !== undefined && { interfaceGroup: securityGroup(interfaceGroup) }),
        ...(subnetGroup !== undefined && { subnetGroup: securityGroup(subnetGroup) }),
      };
      network.addresses.set(id.toLowerCase(), [
        ...(publicAddress === undefined ? [] : [{ ...common, address: publicAddress, isPublic: true }]),
        { ...common, address: privateAddress, isPublic: false },
      ]);
      return id;
    },
    rulesIn: async (name) => rulesOf(name).toSorted(byPriority),
    async putRule(name, rule) {
      const others = rulesOf(name).filter((one) => one.name !== rule.name);
      network.groups.set(securityGroup(name), [...others, rule]);
    },
    async removeRule(name, rule) {
      network.groups.set(
        securityGroup(name),
        rulesOf(name).filter((one) => one.name !== rule),
      );
    },
  };
}

const bodyOf = ({ sources, sourcePorts, destinations, destinationPorts, ...rule }: SecurityRule) => ({
  properties: {
    ...rule,
    sourceAddressPrefixes: sources,
    sourcePortRanges: sourcePorts,
    destinationAddressPrefixes: destinations,
    destinationPortRanges: destinationPorts,
  },
});

/** The adapter on the stand-in, over the wire. */
export async function openAzure(): Promise<MachineNetworkSubject & { cloud: Cloud }> {
  const cloud = await startCloud({ operationDelayMs: 20 });
  const somebody = cloud.clientOf();
  const location = 'westeurope';
  const arm = createArmClient({
    endpoint: cloud.arm.origin,
    audience: 'https://management.azure.com/',
    credential: new DefaultAzureCredential(),
  });

  const put = async (path: string, version: string, body: object): Promise<void> => {
    const { status, body: answer } = await call(somebody, 'put', path, version, { body });
    if (status >= 300) throw new Error(`${path} answered ${status} ${JSON.stringify(answer)}`);
    await settled(path, version);
  };
  const settled = async (path: string, version: string): Promise<void> => {
    for (;;) {
      const { body, status } = await call(somebody, 'get', path, version);
      const { properties } = body as { properties?: { provisioningState?: string } };
      if (status === 404 || (properties?.provisioningState ?? 'Succeeded') === 'Succeeded') return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const ruleAt = (group: string, name: string) => `${securityGroup(group)}/securityRules/${name}`;

  return {
    cloud,
    network: createArmMachineNetwork({ arm, now: Date.now, waitsMs: [0, 20, 50, 100, 200] }),
    async addGroup(name, rules = []) {
      const securityRules = rules.map((rule) => ({ name: rule.name, ...bodyOf(rule) }));
      await put(securityGroup(name), apiVersion, { location, properties: { securityRules } });
      return securityGroup(name);
    },
    async addMachine(name, { interfaceGroup, subnetGroup, privateAddress = '10.0.0.4', publicAddress }) {
      const [virtual, nic, shown, id] = [
        at('Microsoft.Network/virtualNetworks', name),
        at('Microsoft.Network/networkInterfaces', name),
        at('Microsoft.Network/publicIPAddresses', name),
        at('Microsoft.Compute/virtualMachines', name),
      ];
      const guard = (group: string | undefined) =>
        group === undefined ? {} : { networkSecurityGroup: { id: securityGroup(group) } };
      const subnet = {
        name: 'machines',
        properties: { addressPrefix: '10.0.0.0/24', ...guard(subnetGroup) },
      };
      const addressSpace = { addressPrefixes: ['10.0.0.0/16'] };
      await put(virtual, apiVersion, { location, properties: { addressSpace, subnets: [subnet] } });
      if (publicAddress !== undefined) {
        await put(shown, apiVersion, { location, properties: { ipAddress: publicAddress } });
      }
      const properties = {
        privateIPAddress: privateAddress,
        subnet: { id: `${virtual}/subnets/machines` },
        ...(publicAddress !== undefined && { publicIPAddress: { id: shown } }),
      };
      const ipConfigurations = [{ name: 'ip', properties }];
      await put(nic, apiVersion, { location, properties: { ipConfigurations, ...guard(interfaceGroup) } });
      const networkProfile = { networkInterfaces: [{ id: nic }] };
      await put(id, computeApiVersion, { location, properties: { networkProfile } });
      return id;
    },
    async rulesIn(name) {
      const { body } = await call(somebody, 'get', securityGroup(name), apiVersion);
      const { properties } = body as {
        properties: { securityRules: { name: string; properties: Record<string, unknown> }[] };
      };
      const both = (rule: Record<string, unknown>, one: string, many: string) =>
        [rule[one] ?? [], rule[many] ?? []].flat() as string[];
      return properties.securityRules
        .map(({ name: rule, properties: shown }) => ({
          name: rule,
          direction: shown['direction'] as SecurityRule['direction'],
          access: shown['access'] as SecurityRule['access'],
          protocol: String(shown['protocol']),
          priority: Number(shown['priority']),
          sources: both(shown, 'sourceAddressPrefix', 'sourceAddressPrefixes'),
          sourcePorts: both(shown, 'sourcePortRange', 'sourcePortRanges'),
          destinations: both(shown, 'destinationAddressPrefix', 'destinationAddressPrefixes'),
          destinationPorts: both(shown, 'destinationPortRange', 'destinationPortRanges'),
          ...(typeof shown['description'] === 'string' && { description: shown['description'] }),
        }))
        .toSorted(byPriority);
    },
    putRule: (group, rule) => put(ruleAt(group, rule.name), apiVersion, bodyOf(rule)),
    async removeRule(group, rule) {
      await call(somebody, 'delete', ruleAt(group, rule), apiVersion);
      await settled(ruleAt(group, rule), apiVersion);
    },
  };
}
