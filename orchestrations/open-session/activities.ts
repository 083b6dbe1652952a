import { type AccessDecision, connectRight, decideAccess, sshLevel } from '#shared/domain/access.ts';
import {
  type ConnectFacts,
  type JudgedCondition,
  judgeConnect,
  refusalOf,
} from '#shared/domain/connect-conditions.ts';
import type { LeaseDocument, MachineDocument, SessionDocument } from '#shared/domain/documents.ts';
import { AppError, type ErrorFacts, type ErrorRecord, toAppError } from '#shared/domain/error.ts';
import { mintLabel } from '#shared/domain/label.ts';
import { findLeaseInForce, isInForce, type LeaseRules } from '#shared/domain/lease.ts';
import { type SshLevel, sessionHostName } from '#shared/domain/session.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { HybridConnectivity, RoleReader } from '#shared/ports/resource-manager.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import type { SessionProbe } from '#shared/ports/session-probe.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { commitAudited } from '../audit-trail.ts';
import { updateAudited } from '../audited-update.ts';
import { decideRight } from '../decide-right.ts';
import { findClaimedLease } from '../lease-records.ts';
import { getDocument } from '../records.ts';
import {
  createOnce,
  entryOf,
  newSession,
  type OpenSessionInput,
  type SessionTarget,
} from '../session-record.ts';

export type OpenSessionActivities = ReturnType<typeof createOpenSessionActivities>;

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
  leases: LeaseRules;
  /** Port of the proxy as browsers reach it. */
  sessionPort: number;
  now(): Date;
  newId(): string;
}

/** A path that takes longer than this to open is not one that a person wants. */
const tryTimeoutMs = 8_000;
/** What failed under a session's name, told without its label: Durable keeps what is told here. */
function withoutLabel({ code, message, facts }: AppError, label: string): AppError {
  const strip = (text: string) => text.replaceAll(label, '<label>');
  return new AppError(code, strip(message), {
    facts: JSON.parse(strip(JSON.stringify(facts))) as ErrorFacts,
  });
}

interface GivenRight {
  decision: AccessDecision & { allowed: true };
  level?: SshLevel;
}

function throwIfAny(error: AppError | undefined): void {
  if (error) throw error;
}

export function createOpenSessionActivities(ports: OpenSessionPorts) {
  const { store, connectivity, roles, secrets, probe, now } = ports;

  /** The lease that this connect needs or makes use of; none is looked for where none can matter. */
  async function readLease(
    { machineId, user, service }: OpenSessionInput,
    machine: MachineDocument,
  ): Promise<ConnectFacts['lease'] & { inForce?: LeaseDocument }> {
    const required = ports.leases.areRequired || machine.leasePolicy?.required === true;
    if (!required && !ports.leases.giveRole) return { required };
    const claimed = await findClaimedLease(store, machineId, { service, requester: user });
    const inForce = findLeaseInForce(claimed ? [claimed] : [], user.id, service, now());
    return { required, ...(inForce && { inForce }) };
  }

  /** Whoever ended the lease before the session was on record did not find it to end. */
  async function requireStillInForce({ machineId, lease }: OpenSessionInput & SessionTarget): Promise<void> {
    const found = lease && (await store.read(machineId, 'lease', lease.id));
    if (lease && !(found && isInForce(found.document, now())))
      throw new AppError('lease_required', `lease ${lease.id} has ended meanwhile`, {
        facts: { condition: 'lease' },
      });
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

  /** The right comes first whatever else is wrong: whoever has none learns nothing of the rest. */
  async function requireRight({ machine, service, user }: OpenSessionInput): Promise<GivenRight> {
    const target = { ...machine, principalId: user.id };
    const { held, decision } = await decideRight(roles, target, (all) =>
      decideAccess(all, machine.kind, connectRight(service)),
    );
    if (!decision.allowed) {
      const { missingAction } = decision;
      throw new AppError('access_denied', `no role gives ${user.name} ${missingAction} here`, {
        facts: { condition: 'role', missingAction },
      });
    }
    const level = service === 'SSH' ? sshLevel(held, machine.kind) : undefined;
    return { decision, ...(level && { level }) };
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
    /**
     * Step 1: asks the provider for access and decides it: the ladder of `judgeConnect`, and between its rungs what must
     * be installed. All is asked at the same time.
     */
    async requireAccess(input: OpenSessionInput): Promise<SessionTarget> {
      const {
        machineId,
        service,
        machine: { resourceId },
      } = input;
      const answers = Promise.all([
        getDocument(store, machineId, 'machine'),
        store.read(machineId, 'certificate'),
        store.read(machineId, 'agent'),
        connectivity.findServiceConfigurations(resourceId),
        requireNewExtension(input),
      ]);
      answers.catch(() => {});
      const { decision, level } = await requireRight(input);
      const [{ document: machine }, certificate, agent, services] = await answers;
      const lease = await readLease(input, machine);
      const conditions = judgeConnect({
        service,
        userName: input.user.name,
        role: decision,
        services,
        lease,
        agent: agent?.document,
      });
      const isOfAgent = ({ condition }: JudgedCondition) =>
        condition === 'agent' || condition === 'local policy';
      throwIfAny(refusalOf(conditions.filter((one) => !isOfAgent(one))));
      // A repeated install that is under way takes nothing away.
      if (machine.extension?.installedAt === undefined || machine.machineName === undefined) {
        throw new AppError('extension_not_installed', 'no finished install is on record');
      }
      const { leaf, previous } = certificate?.document ?? {};
      if (!leaf) throw new AppError('certificate_missing', 'no certificate is on record');
      throwIfAny(refusalOf(conditions));
      const served = agent?.document.servingThumbprint;
      const isDirect = machine.reach?.mode === 'direct';
      if (isDirect && service !== 'WAC')
        throw new AppError('direct_mode_unsupported', `${service} has no way to a machine in direct mode`);
      if (isDirect && served === undefined)
        throw new AppError('agent_not_serving', 'the agent has not said which certificate it serves');
      const { inForce } = lease;
      return {
        machineName: machine.machineName,
        ...(isDirect && served !== undefined && { reported: served }),
        // The newest, the one before it while that is in service, and what the agent says.
        thumbprints: [leaf.thumbprint, previous?.thumbprint, isDirect ? undefined : served].filter(
          (one) => one !== undefined,
        ),
        grantedBy: [...decision.grantedBy],
        ...(level && { level }),
        ...(inForce?.endsAt !== undefined && { lease: { id: inForce.id, endsAt: inForce.endsAt } }),
      };
    },

    /**
     * Step 2: writes the session and shakes hands under its new name, through DNS, proxy, relay and agent. The
     * leaf must be the one on record, or the one the agent says it serves while a newer one is on its way. In direct
     * mode the agent's word is all there is, and a rule that is still on its way fails nothing (requirement 134).
     */
    async tryNewSession(input: OpenSessionInput & SessionTarget): Promise<{ expiresAt: number }> {
      const { machineName, thumbprints, reported } = input;
      const fresh = newSession(input, now());
      const [opening, labelKey] = await Promise.all([
        createOnce(store, fresh),
        secrets.getSecret(secretNames.sessionLabelKey),
      ]);
      const thumbprint = reported ?? (await shakeHands(labelKey.value, machineName, opening.document));
      if (!thumbprints.includes(thumbprint)) {
        throw new AppError('leaf_mismatch', 'the leaf that answered is not the one on record', {
          facts: { seen: thumbprint, onRecord: thumbprints[0] },
        });
      }
      await requireStillInForce(input);
      const { grantedBy, lease } = input;
      const entry = entryOf(input, 'succeeded', { grantedBy, ...(lease && { leaseId: lease.id }) });
      const opened = await updateAudited(
        ports,
        { machineId: input.machineId, type: 'session', key: input.sessionId },
        (found) =>
          found.state === 'opening'
            ? {
                document: {
                  ...found,
                  state: 'open',
                  seenThumbprint: thumbprint,
                  openedAt: now().toISOString(),
                },
                entry,
              }
            : undefined,
        opening,
      );
      // Somebody ended it while it was opened; a repetition finds it open.
      if (opened.state !== 'open')
        throw new AppError('session_not_found', 'the session was ended while it was opened');
      return { expiresAt: opened.expiresAt };
    },

    /** A refusal has its record too: whoever was answered 202 asks for it. */
    async recordRefusal(input: OpenSessionInput & { error: ErrorRecord }): Promise<void> {
      const { error } = input;
      const found = await store.read(input.machineId, 'session', input.sessionId);
      if (found?.document.failure) return;
      const state = found?.document.state ?? 'opening';
      const document: SessionDocument = {
        ...(found?.document ?? newSession({ ...input, grantedBy: [] }, now())),
        // One that was ended meanwhile stays as it ended.
        state: state === 'opening' ? 'failed' : state,
        failure: error,
      };
      const entry = entryOf(input, 'refused', { code: error.code }, error.detail);
      await commitAudited(
        ports,
        input.machineId,
        [found ? { replace: document, etag: found.etag } : { create: document }],
        entry,
      );
    },
  };
}
