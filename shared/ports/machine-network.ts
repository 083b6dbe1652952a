import type { OpenedPort, PortSources } from '#shared/domain/reach.ts';
import type { NetworkAddress } from '#shared/domain/security-rule.ts';

/**
 * The network of an Azure virtual machine (Microsoft.Network). `resource_manager_unavailable` and
 * `resource_manager_refused` as everywhere in Azure Resource Manager.
 */
export interface MachineNetwork {
  /** Its addresses, private ones first; none for machines whose network Azure does not have. */
  addressesOf(resourceId: string): Promise<NetworkAddress[]>;
  /**
   * Requirements 131-133, C7: rule `PortForWAC` in the group of the interface that has this address, TCP, at a free
   * priority, marked as this machine's. Repeatable; ours with other sources or another port is changed; a rule of
   * somebody else that lets the same through is accepted as it is; one of that name that does not is `port_rule_foreign`.
   * Without a group there is nothing to open and nothing is made: undefined. A failure after the rule may have been
   * written names it in `facts.writtenRule`, to be closed by whoever gives up.
   */
  openPort(request: {
    resourceId: string;
    machineId: string;
    address: string;
    port: number;
    sources: PortSources;
  }): Promise<OpenedPort | undefined>;
  /** Removes the rule if it is marked as this machine's; absent, or of somebody else, is success and changes nothing. */
  closePort(ruleId: string, machineId: string): Promise<void>;
}
