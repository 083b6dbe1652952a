/** One rule of a network security group, read into lists; `*` stands for everything. */
export interface SecurityRule {
  name: string;
  direction: 'Inbound' | 'Outbound';
  access: 'Allow' | 'Deny';
  /** `Tcp`, `Udp`, `*`... */
  protocol: string;
  /** The lowest number decides. */
  priority: number;
  sources: readonly string[];
  sourcePorts: readonly string[];
  destinations: readonly string[];
  /** `6516`, `6000-7000` or `*`. */
  destinationPorts: readonly string[];
  description?: string;
}

/** A network security group that guards an address, with the rules that every group has. */
export interface SecurityGroup {
  id: string;
  /** The group of a subnet guards other machines too: it is never changed. */
  guards: 'interface' | 'subnet';
  rules: readonly SecurityRule[];
}

/** One address of a machine, and who guards it. Without a group everything is let through. */
export interface NetworkAddress {
  address: string;
  isPublic: boolean;
  /** The private address of the same interface. */
  listenOn: string;
  groups: readonly SecurityGroup[];
}
