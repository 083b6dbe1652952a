import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { defaultPorts, type MachineFacts } from '#shared/domain/machine.ts';
import type { NetworkFindings } from '#shared/domain/network-rules.ts';
import { checkPreconditions, type PreconditionResult } from '#shared/domain/precondition.ts';
import type { PreconditionPolicy, ZoneFindings } from '#shared/domain/precondition-rules.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { PublicDns } from '#shared/ports/public-dns.ts';

export interface RequirementsPorts {
  store: MachineStore;
  /** The facts of a machine, read now; undefined when the machine is not there. */
  facts: { read(resourceId: string): Promise<MachineFacts | undefined> };
  dns: DnsZone;
  publicDns: PublicDns;
  network: MachineNetwork;
  policy: PreconditionPolicy;
}

/** The zone of the machines as the world sees it. That nobody answers for it is a finding, not a failure to look. */
export async function examineZone({ dns, publicDns }: RequirementsPorts): Promise<ZoneFindings> {
  const name = dns.zone;
  try {
    const { faults } = await publicDns.checkDelegation(name, await dns.nameServers());
    return { name, faults };
  } catch (error) {
    if (!(error instanceof AppError) || !/^dns_(unavailable|zone_missing)$/.test(error.code)) throw error;
    return { name, faults: [error.message] };
  }
}

/** Where browsers are to get in; where nothing is said, where they get in now. */
const directOf = ({ reach, extension }: MachineDocument): NetworkFindings['direct'] =>
  reach?.mode === 'direct'
    ? { address: reach.address, port: extension?.port ?? defaultPorts.WAC }
    : undefined;

/** Only warnings look at the network: that it cannot be read is a finding too. */
async function examineNetwork(
  { network }: RequirementsPorts,
  { kind, resourceId }: MachineDocument,
  direct: NetworkFindings['direct'],
): Promise<NetworkFindings | undefined> {
  if (kind !== 'azure-vm') return undefined;
  try {
    return { addresses: await network.addressesOf(resourceId), direct };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('resource_manager_')) throw error;
    return undefined;
  }
}

/**
 * Every requirement of an install, on facts read now. Throws `machine_not_found` when the machine was deleted in ARM.
 * Many machines share one look at the zone.
 */
export async function checkRequirements(
  ports: RequirementsPorts,
  machine: MachineDocument,
  known: { zone?: Promise<ZoneFindings> | undefined; direct?: NetworkFindings['direct'] } = {},
): Promise<PreconditionResult[]> {
  const [facts, zone, network, agent] = await Promise.all([
    ports.facts.read(machine.resourceId),
    known.zone ?? examineZone(ports),
    examineNetwork(ports, machine, known.direct ?? directOf(machine)),
    ports.store.read(machine.machineId, 'agent'),
  ]);
  if (!facts) throw new AppError('machine_not_found', 'Azure Resource Manager no longer knows this machine');
  const { unreachable } = agent?.document.egress ?? {};
  return checkPreconditions(machine.kind, { facts, zone, unreachable, network, policy: ports.policy });
}
