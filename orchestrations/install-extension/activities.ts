import { createHash } from 'node:crypto';
import type { KeyCustody } from '#shared/domain/certificate.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import type { SignIn } from '#shared/domain/machine.ts';
import { machineNameOf } from '#shared/domain/machine-name.ts';
import { isSameReach, type OpenedPort, type PortSources, type Reach, reverse } from '#shared/domain/reach.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
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
import { findBefore } from '../found-before.ts';
import { getDocument, updateDocument } from '../records.ts';
import { settlePortRules } from '../settle-port-rules.ts';
import { withdrawName } from '../withdraw-name.ts';

export type InstallExtensionActivities = ReturnType<typeof createInstallExtensionActivities>;

export interface InstallExtensionPorts {
  resources: ResourceManager;
  connectivity: HybridConnectivity;
  extension: MachineExtension;
  network: MachineNetwork;
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

/** How browsers get to the machine under this one of its names. */
const reachUnder = (name: string, { nextName, nextReach, reach = reverse }: MachineDocument): Reach =>
  nextName?.machineName === name ? (nextReach ?? reach) : reach;

const withoutUndefined = (machine: MachineChange): MachineDocument =>
  Object.fromEntries(
    Object.entries(machine).filter(([, value]) => value !== undefined),
  ) as unknown as MachineDocument;

export function createInstallExtensionActivities(ports: InstallExtensionPorts) {
  const { resources, connectivity, extension, network, store, secrets, dns, relay, bus, now, newId } = ports;

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

  /** Where a name leads: to the proxy, or in direct mode to the address that was chosen (C11). */
  async function targetOf(machineId: string, name: string): Promise<string> {
    const reach = reachUnder(name, (await getDocument(store, machineId, 'machine')).document);
    return reach.mode === 'direct' ? reach.address : ports.proxyTarget;
  }

  const forgetName = (machineId: string, name: string) =>
    setMachine(machineId, ({ machineName, nextName }) => ({
      ...(machineName === name && { machineName: undefined, salt: undefined, nameKeyVersion: undefined }),
      ...(nextName?.machineName === name && { nextName: undefined, nextReach: undefined }),
    }));

  return {
    /**
     * Answers the port of what is installed here already, if anything is: then a failure takes nothing away, and
     * that port stays on record until the new one works, as do who holds the key and how browsers get there. Before
     * a first install what others made here goes on record.
     */
    async beginInstall(input: {
      machineId: string;
      resourceId: string;
      port: number;
      custody: KeyCustody;
      reach?: Reach;
      consent?: { id: string; name: string };
      proxy?: string | null;
      signIn?: SignIn;
    }): Promise<{ installedPort?: number }> {
      const { document: machine } = await getDocument(store, input.machineId, 'machine');
      const isFirst = machine.extension?.installedAt === undefined;
      const before = isFirst ? (machine.before ?? (await findBefore(ports, machine))) : undefined;
      const consent = input.consent && { at: now().toISOString(), by: input.consent };
      const { extension: begun } = await setMachine(
        input.machineId,
        ({ extension: had, reach = reverse }) => ({
          ...(consent && { replaceConsent: consent }),
          ...(input.proxy !== undefined && { proxy: input.proxy ?? undefined }),
          ...(input.signIn && { signIn: input.signIn }),
          ...(had?.installedAt === undefined
            ? {
                before,
                custody: input.custody,
                reach: input.reach ?? reach,
                extension: { state: 'installing', port: input.port },
              }
            : {
                nextReach: isSameReach(input.reach ?? reach, reach) ? undefined : input.reach,
                extension: { ...had, state: 'installing' },
              }),
        }),
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
          const target = await targetOf(input.machineId, machineName);
          await dns.pointName(machineName, target, input.machineId);
          await dns.pointName(`*.${machineName}`, target, input.machineId);
          return { machineName };
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'dns_name_taken' || salts === maxSalts)
            throw error;
          await forgetName(input.machineId, machineName);
        }
      }
    },

    /**
     * The machine's ways to us: its queue, and its relay object; in direct mode the rule that lets browsers in, if it
     * was asked for now or before.
     */
    async prepareChannels(input: {
      machineId: string;
      resourceId: string;
      machineName: string;
      port: number;
      sources?: PortSources;
    }): Promise<void> {
      const { machineId, resourceId, machineName, port } = input;
      const { document: machine } = await getDocument(store, machineId, 'machine');
      const reach = reachUnder(machineName, machine);
      await bus.ensureAgentQueue(machineId);
      if (reach.mode === 'reverse') return relay.ensureConnection(machineName);
      const { portRule } = machine;
      const sources = input.sources ?? (portRule?.isOurs ? portRule.sources : undefined);
      if (!sources) return;
      let opened: OpenedPort | undefined;
      try {
        opened = await network.openPort({ resourceId, machineId, address: reach.address, port, sources });
      } catch (error) {
        const ruleId = error instanceof AppError ? error.facts['writtenRule'] : undefined;
        // On record, so that it is taken back: whoever gives up after this finds a port open that he did not see opened.
        if (typeof ruleId === 'string' && !portRule)
          await setMachine(machineId, () => ({ portRule: { ruleId, isOurs: true, port, sources } }));
        throw error;
      }
      const openedAt = opened?.openedAt ?? portRule?.openedAt ?? now().toISOString();
      await setMachine(machineId, () => ({ portRule: opened?.isOurs ? { ...opened, openedAt } : opened }));
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
        {
          port: String(input.port),
          salt,
          controlPlane: ports.controlPlane,
          ...(machine.proxy !== undefined && { proxy: { mode: 'application', address: machine.proxy } }),
        },
        token,
      );
    },

    /**
     * A repeated install that was called off, or that could not change how browsers get there: what it waited for is
     * given up, and with it a change of name that has no certificate yet, and the port that was opened for it. The
     * certificate in service is renewed in its own time.
     */
    async giveUpChange({ machineId }: { machineId: string }): Promise<void> {
      const [machine, certificate] = await store.readTogether(machineId, [
        { type: 'machine' },
        { type: 'certificate' },
      ]);
      const next = machine?.document.nextName?.machineName;
      if (next !== undefined && certificate?.document.leaf?.machineName !== next) {
        await withdrawName(ports, machineId, next);
        await settlePortRules(ports, machineId);
        await forgetName(machineId, next);
      }
      await moveCertificate(ports, machineId, { type: 'call-off' });
    },

    /** Who agreed to a replacement has had it. */
    async recordInstalled({ machineId, port }: { machineId: string; port: number }): Promise<void> {
      await settlePortRules(ports, machineId);
      await setMachine(machineId, () => ({
        extension: { state: 'installed', port, installedAt: now().toISOString() },
        manualInstallation: undefined,
        replaceConsent: undefined,
      }));
    },

    /**
     * What was installed before is installed still, unless a repair took it away; a first install that was called off
     * leaves nothing to show.
     */
    async recordFailed(input: {
      machineId: string;
      port: number;
      isCalledOff: boolean;
      isRepair: boolean;
    }): Promise<void> {
      const { port, isCalledOff, isRepair } = input;
      await setMachine(input.machineId, ({ extension: had = { state: 'failed', port } }) => {
        if (isRepair) return { extension: { ...had, state: 'failed' } };
        if (had.installedAt !== undefined) return { extension: { ...had, state: 'installed' } };
        return { before: undefined, extension: isCalledOff ? undefined : { ...had, state: 'failed' } };
      });
    },
  };
}
