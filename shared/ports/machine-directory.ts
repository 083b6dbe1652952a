/** A machine as a list of Azure Resource Manager has it. */
export interface ListedMachine {
  resourceId: string;
  tags: Readonly<Record<string, string>>;
}

/**
 * Which machines there are, of every kind that can be managed, asked by the app's own identity: what the caller may see
 * of them is not this port's question. A scope that does not exist has none. Failures are those of `ResourceManager`.
 */
export interface MachineDirectory {
  /** `scope` is a subscription or a resource group. */
  listMachines(scope: string): Promise<ListedMachine[]>;
}
