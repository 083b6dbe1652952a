import type { MachineDocument } from '#shared/domain/documents.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';
import type { HybridConnectivity, MachineExtension } from '#shared/ports/resource-manager.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { moveCertificate } from '../certificate-record.ts';
import { getDocument, updateDocument } from '../records.ts';
import { withdrawName } from '../withdraw-name.ts';

export type UninstallExtensionActivities = ReturnType<typeof createUninstallExtensionActivities>;

export interface UninstallExtensionPorts {
  connectivity: HybridConnectivity;
  extension: MachineExtension;
  store: MachineStore;
  vault: CertificateVault;
  dns: DnsZone;
  relay: RelayNamespace;
  bus: MessageBus;
  now(): Date;
  newId(): string;
}

/** The present name, the one on its way in and those on their way out. */
const namesOf = ({ machineName, nextName, retiredNames = [] }: MachineDocument): string[] =>
  [machineName, nextName?.machineName, ...retiredNames.map((retired) => retired.machineName)].filter(
    (name) => name !== undefined,
  );

export function createUninstallExtensionActivities(ports: UninstallExtensionPorts) {
  const { connectivity, extension, store, vault, bus } = ports;
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
      for (const name of namesOf(machine)) {
        await withdrawName(ports, input.machineId, name);
        await vault.removeCertificate(certificateName(name));
      }
      await moveCertificate(ports, input.machineId, { type: 'withdraw' });
    },

    /** A later install chooses a new salt and with it a new name. */
    async forgetInstall(input: { machineId: string }): Promise<void> {
      await store.commit(input.machineId, [
        { remove: 'certificate' },
        { remove: 'agent' },
        { remove: 'enrolment' },
      ]);
      await updateDocument(store, input.machineId, 'machine', undefined, (machine) => {
        const { salt: _, nameKeyVersion: __, machineName: ___, extension: ____, ...named } = machine;
        const { nextName: _____, retiredNames: ______, custody: _______, ...bare } = named;
        return { document: bare satisfies MachineDocument };
      });
    },
  };
}
