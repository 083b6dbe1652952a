import { createHash } from 'node:crypto';
import type { KeyCustody } from '#shared/domain/certificate.ts';
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
import { moveCertificate } from '../certificate-record.ts';
import { getDocument, updateDocument } from '../records.ts';
import { withdrawName } from '../withdraw-name.ts';

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

/** 130 bits do not collide by chance: a second salt that is taken too means that something else is wrong. */
const maxSalts = 3;

interface NameRequest {
  machineId: string;
  newName: boolean;
}

/** A member that is undefined is taken away. */
type MachineChange = { [K in keyof MachineDocument]?: MachineDocument[K] | undefined };
const withoutUndefined = (machine: MachineChange): MachineDocument =>
  Object.fromEntries(
    Object.entries(machine).filter(([, value]) => value !== undefined),
  ) as unknown as MachineDocument;

export function createInstallExtensionActivities(ports: InstallExtensionPorts) {
  const { resources, connectivity, extension, store, secrets, dns, relay, bus, now, newId } = ports;

  const setMachine = (machineId: string, change: (machine: MachineDocument) => MachineChange) =>
    updateDocument(store, machineId, 'machine', undefined, (machine) => ({
      document: withoutUndefined({ ...machine, ...change(machine) }),
    }));

  /** The name to be had after this install: the one there is, or one of a new salt, by the newest key. */
  async function chooseName({ machineId, newName }: NameRequest): Promise<string> {
    const key = await secrets.getSecret(secretNames.machineNameKey);
    const salt = newId();
    const machine = await setMachine(machineId, ({ machineName, nextName, resourceId }) => {
      const made = machineNameOf(key.value, resourceId, salt);
      if (machineName === undefined) return { salt, nameKeyVersion: key.version, machineName: made };
      // A change of name that was begun is finished before another.
      if (!newName || nextName) return {};
      return { nextName: { machineName: made, salt, keyVersion: key.version } };
    });
    const chosen = machine.nextName?.machineName ?? machine.machineName;
    if (chosen === undefined) throw new AppError('internal_error', 'the machine has no name');
    return chosen;
  }

  const forgetName = (machineId: string, name: string) =>
    setMachine(machineId, ({ machineName, nextName }) => ({
      ...(machineName === name && { machineName: undefined, salt: undefined, nameKeyVersion: undefined }),
      ...(nextName?.machineName === name && { nextName: undefined }),
    }));

  return {
    /**
     * Answers the port of what is installed here already, if anything is: then a failure takes nothing away, and
     * that port stays on record until the new one works, as does who holds the key.
     */
    async beginInstall(input: {
      machineId: string;
      port: number;
      custody: KeyCustody;
    }): Promise<{ installedPort?: number }> {
      const { extension: begun } = await setMachine(input.machineId, ({ extension: before }) =>
        before?.installedAt === undefined
          ? { custody: input.custody, extension: { state: 'installing', port: input.port } }
          : { extension: { ...before, state: 'installing' } },
      );
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
      // What others configured there (SSH) is the truth for the agent too.
      const services = await connectivity.findServiceConfigurations(input.resourceId);
      await setMachine(input.machineId, () => ({
        endpoint: { enabled: true, services: { ...services, WAC: input.port } },
      }));
    },

    /**
     * The machine's name and its records: requirement 61, with the wildcard that carries the session labels; both
     * point at the proxy. A name is made once and kept, so that a repeated install keeps name and certificate; a
     * new one that is asked for stands beside the old until its certificate is served. A name that another machine
     * has is given up for another.
     */
    async claimName(input: NameRequest): Promise<{ machineName: string }> {
      for (let salts = 1; ; salts += 1) {
        const machineName = await chooseName(input);
        try {
          await dns.pointName(machineName, ports.proxyTarget, input.machineId);
          await dns.pointName(`*.${machineName}`, ports.proxyTarget, input.machineId);
          return { machineName };
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'dns_name_taken' || salts === maxSalts)
            throw error;
          await forgetName(input.machineId, machineName);
        }
      }
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

    /**
     * A repeated install that was called off: what it waited for is given up, and with it a change of name that has no
     * certificate yet. The certificate in service is renewed in its own time.
     */
    async giveUpChange({ machineId }: { machineId: string }): Promise<void> {
      const [machine, certificate] = await store.readTogether(machineId, [
        { type: 'machine' },
        { type: 'certificate' },
      ]);
      const next = machine?.document.nextName?.machineName;
      if (next !== undefined && certificate?.document.leaf?.machineName !== next) {
        await withdrawName(ports, machineId, next);
        await forgetName(machineId, next);
      }
      await moveCertificate(ports, machineId, { type: 'call-off' });
    },

    async recordInstalled(input: { machineId: string; port: number }): Promise<void> {
      await setMachine(input.machineId, () => ({
        extension: { state: 'installed', port: input.port, installedAt: now().toISOString() },
      }));
    },

    /**
     * Takes back what a failed first install made and nobody else uses, in reverse order. The endpoint stays
     * (requirement 58); name and certificate stay too, so that the next try needs no new order (a turn that is awaited is given up). The next agent
     * makes keys of its own, so the one that may have enrolled is forgotten.
     */
    async undoInstall(input: { machineId: string; resourceId: string; machineName?: string }): Promise<void> {
      await extension.beginRemove(input.resourceId);
      await store.commit(input.machineId, [{ remove: 'agent' }, { remove: 'enrolment' }]);
      await bus.removeAgentQueue(input.machineId);
      if (input.machineName !== undefined) await withdrawName(ports, input.machineId, input.machineName);
      const certificate = await store.read(input.machineId, 'certificate');
      if (certificate && !certificate.document.leaf)
        await moveCertificate(ports, input.machineId, { type: 'withdraw' });
      await connectivity.removeServiceConfiguration(input.resourceId, 'WAC');
      await setMachine(input.machineId, (machine) => {
        const { WAC: _, ...services } = machine.endpoint?.services ?? {};
        return { endpoint: { enabled: machine.endpoint?.enabled ?? false, services } };
      });
    },

    /** What was installed before is installed still; a first install that was called off leaves nothing to show. */
    async recordFailed(input: { machineId: string; port: number; isCalledOff: boolean }): Promise<void> {
      await setMachine(input.machineId, ({ extension: before = { state: 'failed', port: input.port } }) => {
        if (before.installedAt !== undefined) return { extension: { ...before, state: 'installed' } };
        return { extension: input.isCalledOff ? undefined : { ...before, state: 'failed' } };
      });
    },
  };
}
