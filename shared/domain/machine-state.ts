import { type CertificateRecord, type IssuedLeaf, leafInService } from './certificate.ts';
import type { AgentDocument, FoundBefore, MachineDocument } from './documents.ts';
import type { HostCheck } from './host-check.ts';
import type { OperationKind } from './operation.ts';

/** Where a machine stands, in one word; those that need somebody first, the others after them. */
export const machineStates = [
  /** The last install did not come to its end. */
  'failed',
  /** What it serves has ended: browsers refuse it. */
  'expired',
  /** Its certificate is revoked and the replacement is not in service. */
  'revoked',
  /** A Windows Admin Center that was installed by hand is replaced with somebody's consent alone (requirement 54). */
  'consent',
  /** Azure Resource Manager no longer knows it, or knows it by another id. */
  'gone',
  /** The agent has not reported for a while. */
  'away',
  'installing',
  'removing',
  'repairing',
  'renewing',
  'replacing',
  /** Somebody else put the extension there: it waits to be adopted (requirement 53). */
  'found',
  'uninstalled',
  'ready',
] as const;
export type MachineState = (typeof machineStates)[number];

type Leaf = Pick<IssuedLeaf, 'notBefore' | 'notAfter' | 'servedAt'>;

/** What state and health are judged by: whole documents are this, and so is what the machine list reads of them. */
export interface MachineRecords {
  machine: Pick<
    MachineDocument,
    'adoption' | 'currentOperation' | 'goneSince' | 'manualInstallation' | 'movedTo' | 'replaceConsent'
  > & {
    extension?: Pick<NonNullable<MachineDocument['extension']>, 'port' | 'removedSince' | 'state'>;
    before?: Pick<FoundBefore, 'extension'>;
  };
  certificate?: (Pick<CertificateRecord, 'state'> & { leaf?: Leaf; previous?: Leaf }) | undefined;
  agent?: AgentGist | undefined;
}

interface AgentGist
  extends Pick<AgentDocument, 'agentVersion' | 'clockOffsetMs' | 'connected' | 'lastSeenAt'> {
  egress?: { unreachable: { host: string; reason?: string }[] };
  checks?: (Pick<HostCheck, 'id' | 'ok'> & Partial<HostCheck>)[];
}

const heartbeatMs = 60_000;
/** An agent that has not reported for three of its heartbeats is away. */
const silenceMs = 3 * heartbeatMs;

/** Whether the agent's last report is recent enough to say how it is now. */
export const isHeard = (agent: MachineRecords['agent'], now: number): boolean =>
  agent?.lastSeenAt !== undefined && now - Date.parse(agent.lastSeenAt) < silenceMs;

/** Whether it can be connected to, as far as the agent's last report says. */
export const isPresent = (agent: MachineRecords['agent'], now: number): boolean =>
  agent?.connected === true && isHeard(agent, now);

const running = {
  install: 'installing',
  uninstall: 'removing',
  repair: 'repairing',
  renew: 'renewing',
  revoke: 'replacing',
} as const satisfies Record<OperationKind, MachineState>;

/** The state at `now` (milliseconds since the epoch): what runs goes before what is found, what is amiss before what is well. */
export function stateOf({ machine, certificate, agent }: MachineRecords, now: number): MachineState {
  const { currentOperation, extension } = machine;
  if (currentOperation) return running[currentOperation.kind];
  if (machine.goneSince !== undefined || machine.movedTo !== undefined) return 'gone';
  if (machine.manualInstallation && !machine.replaceConsent && extension?.state !== 'installed')
    return 'consent';
  if (!extension) return agent || machine.adoption || machine.before?.extension ? 'found' : 'uninstalled';
  // Somebody else took it off the machine.
  if (extension.removedSince !== undefined) return 'uninstalled';
  if (extension.state !== 'installed') return extension.state;
  const leaf = certificate && leafInService(certificate);
  if (certificate?.state === 'expired' || (leaf && Date.parse(leaf.notAfter) <= now)) return 'expired';
  if (certificate?.state === 'revoked') return 'revoked';
  return isPresent(agent, now) ? 'ready' : 'away';
}
