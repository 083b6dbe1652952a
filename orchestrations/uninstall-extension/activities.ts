import type { MachineDocument } from '#shared/domain/documents.ts';
import { namesOf } from '#shared/domain/machine-names.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';
import type { HybridConnectivity, MachineExtension } from '#shared/ports/resource-manager.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { moveCertificate } from '../certificate-record.ts';
import { endLeasesOf } from '../lease-records.ts';
import { getDocument, updateDocument } from '../records.ts';
import { retireCertificate } from '../retire-certificate.ts';
import { revokeSessions } from '../revoke-sessions.ts';
import { withdrawName } from '../withdraw-name.ts';

export type UninstallExtensionActivities = ReturnType<typeof createUninstallExtensionActivities>;

export interface UninstallExtensionPorts {
  connectivity: HybridConnectivity;
  extension: MachineExtension;
  network: MachineNetwork;
  store: MachineStore;
  secrets: SecretStore;
  vault: CertificateVault;
  dns: DnsZone;
  relay: RelayNamespace;
  bus: MessageBus;
  now(): Date;
  newId(): string;
}

/** All that an install or its traces put on the machine's record; the rest is what is known of any machine. */
const ofInstall: ReadonlySet<string> = new Set<keyof MachineDocument>([
  'salt',
  'nameKeyVersion',
  'machineName',
  'nextName',
  'retiredNames',
  'custody',
  'extension',
  'reach',
  'nextReach',
  'portRule',
  'proxy',
  'signIn',
  'before',
  'manualInstallation',
  'replaceConsent',
  'adoption',
]);

const withoutInstall = (machine: MachineDocument): MachineDocument =>
  Object.fromEntries(
    Object.entries(machine).filter(([member]) => !ofInstall.has(member)),
  ) as unknown as MachineDocument;

export function createUninstallExtensionActivities(ports: UninstallExtensionPorts) {
  const { connectivity, extension, network, store, bus } = ports;
  return {
    /** Nobody gets in any more: live sessions are cut, and the agent is told. */
    async closeMachine(input: { machineId: string; operationId: string }): Promise<void> {
      const { machineId, operationId } = input;
      const operation = await store.read(machineId, 'operation', operationId);
      const actor = operation?.document.requestedBy ?? { id: operationId, name: operationId };
      await endLeasesOf(ports, machineId, actor);
      await revokeSessions(ports, { actor, reason: 'uninstalled' }, machineId);
      await bus.sendToAgent(machineId, {
        specversion: '1.0',
        id: ports.newId(),
        source: '/admin-center',
        time: ports.now().toISOString(),
        type: 'admin-center.machine.uninstalled',
        data: {},
      });
    },

    async removeExtension(input: { resourceId: string }): Promise<void> {
      await extension.beginRemove(input.resourceId);
    },

    async readExtension(input: { resourceId: string }): Promise<{ state: string }> {
      return { state: (await extension.read(input.resourceId)).state };
    },

    /** The next agent enrols with keys of its own; a key that only the last one held has to be replaced. */
    async forgetAgent({ machineId }: { machineId: string }): Promise<void> {
      await store.commit(machineId, [{ remove: 'agent' }, { remove: 'enrolment' }]);
      const record = (await store.read(machineId, 'certificate'))?.document;
      if (record?.leaf?.custody !== 'machine' || record.replacement) return;
      const requestedAt = ports.now().toISOString();
      const request = { reason: 'superseded', revoke: false, requestedAt } as const;
      await moveCertificate(ports, machineId, { type: 'replace', request });
    },

    /** Requirements 58-60: our service configuration goes, the endpoint and those of others stay. */
    async removeConfiguration(input: { machineId: string; resourceId: string }): Promise<void> {
      const { machineId, resourceId } = input;
      const { portRule } = (await getDocument(store, machineId, 'machine')).document;
      if (portRule?.isOurs) await network.closePort(portRule.ruleId, machineId);
      await connectivity.removeServiceConfiguration(resourceId, 'WAC');
      await updateDocument(store, machineId, 'machine', undefined, (machine) => {
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
        const certificate = certificateName(name);
        await retireCertificate(ports, { ownerId: input.machineId, machineName: name, certificate });
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
        return { document: withoutInstall(machine) };
      });
    },
  };
}
