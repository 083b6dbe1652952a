import { connectRight, decideAccess, rolesAt } from '#shared/domain/access.ts';
import type { AgentDocument, SessionDocument } from '#shared/domain/documents.ts';
import { AppError, type ErrorFacts, type ErrorRecord, toAppError } from '#shared/domain/error.ts';
import { mintLabel } from '#shared/domain/label.ts';
import type { MachineKind, ServiceName } from '#shared/domain/machine.ts';
import { sessionHostName } from '#shared/domain/session.ts';
import type { Change, MachineStore } from '#shared/ports/machine-store.ts';
import type { HybridConnectivity, RoleReader } from '#shared/ports/resource-manager.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import type { SessionProbe } from '#shared/ports/session-probe.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { getDocument } from '../records.ts';

export type OpenSessionActivities = ReturnType<typeof createOpenSessionActivities>;

export interface OpenSessionInput {
  machineId: string;
  machine: { resourceId: string; subscriptionId: string; kind: MachineKind };
  sessionId: string;
  service: ServiceName;
  user: { id: string; name: string };
  lifetimeSeconds: number;
}

/** What step 1 found: where the session leads, and the leaves that may answer there. Nothing of it is secret. */
export interface SessionTarget {
  machineName: string;
  thumbprints: string[];
  /**
   * In direct mode the leaf that the agent says it serves: there is no line of sight from here to the machine, so its
   * own report takes the place of a handshake.
   */
  reported?: string;
}

/** Versions of the extension that a connect does not work through. */
export interface ExtensionGate {
  /** Undefined where the extension is new enough, or its version says nothing. */
  findOutdated(resourceId: string): Promise<{ found: string; needed: string } | undefined>;
}

export interface OpenSessionPorts {
  store: MachineStore;
  connectivity: HybridConnectivity;
  roles: RoleReader;
  secrets: SecretStore;
  probe: SessionProbe;
  extensionGate: ExtensionGate;
  zone: string;
  /** Port of the proxy as browsers reach it. */
  sessionPort: number;
  now(): Date;
  newId(): string;
}

/** A path that takes longer than this to open is not one that a person wants. */
const tryTimeoutMs = 8_000;
/** Session records outlive their sessions by this much, for the list of recent ones. */
const keptAfterEndSeconds = 24 * 60 * 60;

function newSession(input: OpenSessionInput, at: Date): SessionDocument {
  const createdAt = Math.floor(at.getTime() / 1000);
  return {
    type: 'session',
    key: input.sessionId,
    id: input.sessionId,
    machineId: input.machineId,
    service: input.service,
    user: input.user,
    state: 'opening',
    createdAt,
    expiresAt: createdAt + input.lifetimeSeconds,
    ttlSeconds: input.lifetimeSeconds + keptAfterEndSeconds,
  };
}

/** A repetition after a crash keeps the times of the first attempt: the label depends on them. */
async function createOnce(store: MachineStore, session: SessionDocument): Promise<SessionDocument> {
  try {
    await store.commit(session.machineId, [{ create: session }]);
    return session;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'etag_mismatch') throw error;
    return (await getDocument(store, session.machineId, 'session', session.key)).document;
  }
}

/** What failed under a session's name, told without its label: Durable keeps what is told here. */
function withoutLabel({ code, message, facts }: AppError, label: string): AppError {
  const strip = (text: string) => text.replaceAll(label, '<label>');
  return new AppError(code, strip(message), {
    facts: JSON.parse(strip(JSON.stringify(facts))) as ErrorFacts,
  });
}

export function createOpenSessionActivities(ports: OpenSessionPorts) {
  const { store, connectivity, roles, secrets, probe, now, newId } = ports;

  const audit = (input: OpenSessionInput, outcome: 'succeeded' | 'refused', detail?: string): Change => {
    const at = now().toISOString();
    return {
      create: {
        type: 'audit',
        machineId: input.machineId,
        key: `${at}-${newId()}`,
        at,
        actor: input.user,
        action: `connect ${input.service}`,
        outcome,
        ...(detail !== undefined && { detail }),
      },
    };
  };

  /** Presence and policy as the machine's agent reported them; local deny always wins (requirements 38-42). */
  function requireAgent(agent: AgentDocument | undefined, input: OpenSessionInput): void {
    if (!agent?.connected) {
      throw new AppError(
        'agent_offline',
        agent ? 'the agent was last seen disconnected' : 'no agent has enrolled',
        {
          facts: { lastSeenAt: agent?.lastSeenAt ?? null },
        },
      );
    }
    if (agent.blockedServices?.includes(input.service)) {
      throw new AppError('port_not_allowed', `the machine's own policy refuses ${input.service}`);
    }
  }

  /** The ladder of Microsoft.HybridConnectivity: the endpoint says that access is allowed at all, the configuration to which port. */
  async function requireConfiguration(input: OpenSessionInput): Promise<void> {
    const services = await connectivity.findServiceConfigurations(input.machine.resourceId);
    if (!services) throw new AppError('endpoint_missing', 'the provider knows no endpoint on this machine');
    if (services[input.service] === undefined) {
      throw new AppError(
        'service_not_configured',
        `the endpoint has no service configuration ${input.service}`,
      );
    }
  }

  async function requireNewExtension({ machine, service }: OpenSessionInput): Promise<void> {
    if (service !== 'WAC') return;
    const outdated = await ports.extensionGate.findOutdated(machine.resourceId);
    if (!outdated) return;
    const { found, needed } = outdated;
    throw new AppError('extension_outdated', `the extension is version ${found}; a connect needs ${needed}`, {
      facts: { found, needed },
    });
  }

  async function requireRight({ machine, service, user }: OpenSessionInput): Promise<void> {
    const held = await roles.rolesIn(user.id, machine.subscriptionId);
    const decision = decideAccess(rolesAt(held, machine.resourceId), machine.kind, connectRight(service));
    if (!decision.allowed) {
      throw new AppError('access_denied', `no role gives ${user.name} ${decision.missingAction} here`, {
        facts: { missingAction: decision.missingAction },
      });
    }
  }

  /** Answers the thumbprint of the leaf that is served under the session's name. */
  async function shakeHands(
    labelKey: Uint8Array,
    machineName: string,
    { id: sessionId, service, expiresAt }: SessionDocument,
  ): Promise<string> {
    const label = mintLabel(labelKey, machineName, { sessionId, service, expiresAt });
    const hostName = sessionHostName(label, machineName, ports.zone);
    const { thumbprint } = await probe
      .tryHandshake(hostName, ports.sessionPort, tryTimeoutMs)
      .catch((error: unknown) => {
        throw withoutLabel(toAppError(error), label);
      });
    return thumbprint;
  }

  return {
    /** Step 1: asks the provider for access and decides it. All is asked at the same time. */
    async requireAccess(input: OpenSessionInput): Promise<SessionTarget> {
      const { machineId } = input;
      const answers = Promise.all([
        getDocument(store, machineId, 'machine'),
        store.read(machineId, 'certificate'),
        store.read(machineId, 'agent'),
        requireConfiguration(input),
        requireNewExtension(input),
      ]);
      // The right comes first whatever else is wrong: whoever has none learns nothing of the rest.
      answers.catch(() => {});
      await requireRight(input);
      const [{ document: machine }, certificate, agent] = await answers;
      // A repeated install that is under way takes nothing away.
      if (machine.extension?.installedAt === undefined || machine.machineName === undefined) {
        throw new AppError('extension_not_installed', 'no finished install is on record');
      }
      const { leaf, previous } = certificate?.document ?? {};
      if (!leaf) throw new AppError('certificate_missing', 'no certificate is on record');
      requireAgent(agent?.document, input);
      const served = agent?.document.servingThumbprint;
      const isDirect = machine.reach?.mode === 'direct';
      if (isDirect && input.service !== 'WAC')
        throw new AppError(
          'direct_mode_unsupported',
          `${input.service} has no way to a machine in direct mode`,
        );
      if (isDirect && served === undefined)
        throw new AppError('agent_not_serving', 'the agent has not said which certificate it serves');
      return {
        machineName: machine.machineName,
        ...(isDirect && served !== undefined && { reported: served }),
        // The newest, the one before it while that is in service, and what the agent says.
        thumbprints: [leaf.thumbprint, previous?.thumbprint, isDirect ? undefined : served].filter(
          (one) => one !== undefined,
        ),
      };
    },

    /**
     * Step 2: writes the session and shakes hands under its new name, through DNS, proxy, relay and agent. The
     * leaf must be the one on record, or the one the agent says it serves while a newer one is on its way. In direct
     * mode the agent's word is all there is, and a rule that is still on its way fails nothing (requirement 134).
     */
    async tryNewSession(input: OpenSessionInput & SessionTarget): Promise<{ expiresAt: number }> {
      const { machineName, thumbprints, reported } = input;
      const accessGrantedAt = now();
      const fresh = { ...newSession(input, accessGrantedAt), accessGrantedAt: accessGrantedAt.toISOString() };
      const [opening, labelKey] = await Promise.all([
        createOnce(store, fresh),
        secrets.getSecret(secretNames.sessionLabelKey),
      ]);
      const thumbprint = reported ?? (await shakeHands(labelKey.value, machineName, opening));
      if (!thumbprints.includes(thumbprint)) {
        throw new AppError('leaf_mismatch', 'the leaf that answered is not the one on record', {
          facts: { seen: thumbprint, onRecord: thumbprints[0] },
        });
      }
      await store.commit(input.machineId, [
        { put: { ...opening, state: 'open', seenThumbprint: thumbprint, openedAt: now().toISOString() } },
        audit(input, 'succeeded'),
      ]);
      return { expiresAt: opening.expiresAt };
    },

    /** A refusal has its record too: whoever was answered 202 asks for it. */
    async recordRefusal(input: OpenSessionInput & { error: ErrorRecord }): Promise<void> {
      const { error } = input;
      const session = await store.read(input.machineId, 'session', input.sessionId);
      const failed: SessionDocument = {
        ...(session?.document ?? newSession(input, now())),
        state: 'failed',
        failure: error,
      };
      await store.commit(input.machineId, [
        { put: failed },
        audit(input, 'refused', `${error.code}: ${error.detail}`),
      ]);
    },
  };
}
