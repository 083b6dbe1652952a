import type { MachineDocument } from '#shared/domain/documents.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';
import type { HybridConnectivity, MachineExtension } from '#shared/ports/resource-manager.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { getDocument, updateDocument } from '../records.ts';

export type UninstallExtensionActivities = ReturnType<typeof createUninstallExtensionActivities>;

export interface UninstallExtensionPorts {
  connectivity: HybridConnectivity;
  extension: MachineExtension;
  store: MachineStore;
  vault: CertificateVault;
  dns: DnsZone;
  relay: RelayNamespace;
  bus: MessageBus;
}

export function createUninstallExtensionActivities(ports: UninstallExtensionPorts) {
  const { connectivity, extension, store, vault, dns, relay, bus } = ports;
  return {
    async removeExtension(input: { resourceId: string }): Promise<void> {
      await extension.beginRemove(input.resourceId);
    },

    async readExtension(input: { resourceId: string }): Promise<{ state: string }> {
      return { state: (await extension.read(input.resourceId)).state };
    },

    /** Requirements 58-60: our service configuration goes, the endpoint and those of others stay. */
    async removeConfiguration(input: { machineId: string; resourceId: string }): Promise<void> {
      await connectivity.removeServiceConfiguration(input.resourceId, 'WAC');
      await updateDocument(store, input.machineId, 'machine', undefined, (machine) => {
        const { WAC: _, ...services } = machine.endpoint?.services ?? {};
        return {
          document: { ...machine, endpoint: { enabled: machine.endpoint?.enabled ?? false, services } },
        };
      });
    },

    async removeNames(input: { machineId: string }): Promise<void> {
      const { document: machine } = await getDocument(store, input.machineId, 'machine');
      await bus.removeAgentQueue(input.machineId);
      if (machine.machineName !== undefined) {
        await relay.removeConnection(machine.machineName);
        await dns.removeName(`*.${machine.machineName}`);
        await dns.removeName(machine.machineName);
        await vault.removeCertificate(certificateName(machine.machineName));
      }
    },

    /** A later install chooses a new salt and with it a new name. */
    async forgetInstall(input: { machineId: string }): Promise<void> {
      await store.commit(input.machineId, [
        { remove: 'certificate' },
        { remove: 'agent' },
        { remove: 'enrolment' },
      ]);
      await updateDocument(store, input.machineId, 'machine', undefined, (machine) => {
        const { salt: _, nameKeyVersion: __, machineName: ___, extension: ____, ...bare } = machine;
        return { document: bare satisfies MachineDocument };
      });
    },
  };
}
