import { createHash } from 'node:crypto';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { machineNameOf } from '#shared/domain/machine-name.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';
import type {
  HybridConnectivity,
  MachineExtension,
  ProviderState,
  ResourceManager,
} from '#shared/ports/resource-manager.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { enrolmentToken } from '#shared/protocol/enrolment-token.ts';
import { hybridConnectivityNamespace, secretNames } from '#shared/protocol/resource-names.ts';
import { getDocument, updateDocument } from '../records.ts';

export type InstallExtensionActivities = ReturnType<typeof createInstallExtensionActivities>;

export interface InstallExtensionPorts {
  resources: ResourceManager;
  connectivity: HybridConnectivity;
  extension: MachineExtension;
  store: MachineStore;
  secrets: SecretStore;
  dns: DnsZone;
  relay: RelayNamespace;
  bus: MessageBus;
  /** Host name or address that machine names point at. */
  proxyTarget: string;
  /** Origin of this API as the agents reach it. */
  controlPlane: string;
  now(): Date;
  newId(): string;
}

/** An enrolment token is redeemed within this time of the install, or the install is repeated. */
const enrolmentSeconds = 7 * 24 * 60 * 60;

export function createInstallExtensionActivities(ports: InstallExtensionPorts) {
  const { resources, connectivity, extension, store, secrets, dns, relay, bus, now, newId } = ports;

  const setMachine = (machineId: string, change: (machine: MachineDocument) => Partial<MachineDocument>) =>
    updateDocument(store, machineId, 'machine', undefined, (machine) => ({
      document: { ...machine, ...change(machine) },
    }));

  return {
    /**
     * Answers the port of what is installed here already, if anything is: then a failure takes nothing away, and
     * that port stays on record until the new one works.
     */
    async beginInstall(input: { machineId: string; port: number }): Promise<{ installedPort?: number }> {
      const { extension: begun } = await setMachine(input.machineId, ({ extension: before }) => ({
        extension:
          before?.installedAt === undefined
            ? { state: 'installing', port: input.port }
            : { ...before, state: 'installing' },
      }));
      return begun?.installedAt === undefined ? {} : { installedPort: begun.port };
    },

    async registerProvider(input: { subscriptionId: string }): Promise<{ state: ProviderState }> {
      const state = await resources.providerState(input.subscriptionId, hybridConnectivityNamespace);
      if (state === 'Registered') return { state };
      await resources.registerProvider(input.subscriptionId, hybridConnectivityNamespace);
      return { state: 'Registering' };
    },

    async readProvider(input: { subscriptionId: string }): Promise<{ state: ProviderState }> {
      return { state: await resources.providerState(input.subscriptionId, hybridConnectivityNamespace) };
    },

    /** Requirements 45-47: the endpoint alone lets no traffic through, the configuration with the port follows. */
    async deployEndpoint(input: { machineId: string; resourceId: string; port: number }): Promise<void> {
      await connectivity.putEndpoint(input.resourceId);
      await connectivity.putServiceConfiguration(input.resourceId, 'WAC', input.port);
      await setMachine(input.machineId, (machine) => ({
        endpoint: { enabled: true, services: { ...machine.endpoint?.services, WAC: input.port } },
      }));
    },

    /** The machine's name: made once and kept, so that a repeated install keeps name and certificate. */
    async chooseName(input: { machineId: string; resourceId: string }): Promise<{ machineName: string }> {
      const key = await secrets.getSecret(secretNames.machineNameKey);
      const salt = newId();
      const machine = await setMachine(input.machineId, (found) =>
        found.machineName !== undefined
          ? {}
          : {
              salt,
              nameKeyVersion: key.version,
              machineName: machineNameOf(key.value, found.resourceId, salt),
            },
      );
      if (machine.machineName === undefined) throw new AppError('internal_error', 'the machine has no name');
      return { machineName: machine.machineName };
    },

    /** Requirement 61, with the wildcard that carries the session labels; both point at the proxy. */
    async publishName(input: { machineName: string }): Promise<void> {
      await dns.pointName(input.machineName, ports.proxyTarget);
      await dns.pointName(`*.${input.machineName}`, ports.proxyTarget);
    },

    /** The machine's ways to us: its relay object and its queue. */
    async prepareChannels(input: { machineId: string; machineName: string }): Promise<void> {
      await Promise.all([relay.ensureConnection(input.machineName), bus.ensureAgentQueue(input.machineId)]);
    },

    /** Step 3 proper: the same token and settings each time, so that a repeated PUT changes nothing. */
    async deployExtension(input: { machineId: string; resourceId: string; port: number }): Promise<void> {
      const { document: machine } = await getDocument(store, input.machineId, 'machine');
      const salt = machine.salt ?? '';
      const key = await secrets.getSecret(secretNames.enrolmentKey);
      const token = enrolmentToken(key.value, input.machineId, salt);
      const tokenHash = createHash('sha256').update(token).digest('base64url');
      await store.commit(input.machineId, [
        { put: { type: 'enrolment', machineId: input.machineId, tokenHash, ttlSeconds: enrolmentSeconds } },
      ]);
      await extension.beginInstall(
        input.resourceId,
        { port: String(input.port), salt, controlPlane: ports.controlPlane },
        token,
      );
    },

    async recordInstalled(input: { machineId: string; port: number }): Promise<void> {
      await setMachine(input.machineId, () => ({
        extension: { state: 'installed', port: input.port, installedAt: now().toISOString() },
      }));
    },

    /**
     * Takes back what a failed first install made and nobody else uses, in reverse order. The endpoint stays
     * (requirement 58); name and certificate stay too, so that the next try needs no new order. The next agent
     * makes keys of its own, so the one that may have enrolled is forgotten.
     */
    async undoInstall(input: { machineId: string; resourceId: string; machineName?: string }): Promise<void> {
      await extension.beginRemove(input.resourceId);
      await store.commit(input.machineId, [{ remove: 'agent' }, { remove: 'enrolment' }]);
      await bus.removeAgentQueue(input.machineId);
      if (input.machineName !== undefined) {
        await relay.removeConnection(input.machineName);
        await dns.removeName(`*.${input.machineName}`);
        await dns.removeName(input.machineName);
      }
      await connectivity.removeServiceConfiguration(input.resourceId, 'WAC');
      await setMachine(input.machineId, (machine) => {
        const { WAC: _, ...services } = machine.endpoint?.services ?? {};
        return { endpoint: { enabled: machine.endpoint?.enabled ?? false, services } };
      });
    },

    /** What was installed before is installed still. */
    async recordFailed(input: { machineId: string; port: number }): Promise<void> {
      await setMachine(input.machineId, ({ extension: before = { state: 'failed', port: input.port } }) => ({
        extension: { ...before, state: before.installedAt === undefined ? 'failed' : 'installed' },
      }));
    },
  };
}
