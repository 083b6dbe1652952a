import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';

/** Takes a machine name's ways out of the world: first the records, so that nobody is sent where nothing answers. */
export async function withdrawName(
  { dns, relay }: { dns: DnsZone; relay: RelayNamespace },
  machineId: string,
  machineName: string,
): Promise<void> {
  await dns.removeName(`*.${machineName}`, machineId);
  await dns.removeName(machineName, machineId);
  await relay.removeConnection(machineName);
}
