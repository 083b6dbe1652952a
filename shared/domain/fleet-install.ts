import type { AccessDecision } from './access.ts';
import type { AuditActor } from './audit.ts';
import type { CertificateRecord, KeyCustody } from './certificate.ts';
import type { MachineDocument } from './documents.ts';
import { AppError, describeError, type ErrorRecord } from './error.ts';
import type { MachineKind } from './machine.ts';
import { lostByReplacement } from './manual-installation.ts';
import type { Operation } from './operation.ts';
import { describeFailures, type PreconditionResult } from './precondition.ts';
import { dueAt } from './renewal.ts';

type FleetMachineStatus = 'waiting' | 'running' | 'succeeded' | 'failed' | 'refused' | 'skipped';
export type FleetCounts = Record<FleetMachineStatus, number>;

/** What all machines of a fleet install are given; what is absent is as it was on each. */
export interface FleetWishes {
  port?: number;
  keys?: KeyCustody;
  consent?: boolean;
}

/** An install on many machines. Its end is when none of them waits or runs; how each ended is theirs to say. */
export interface FleetInstall {
  id: string;
  status: 'running' | 'paused' | 'succeeded' | 'cancelled';
  requestedBy: AuditActor;
  /** Public address from which it was asked for. */
  from?: string;
  /** Whose tenant it is: rights are looked up again when a machine's turn comes. */
  tenantId: string;
  /** ISO 8601. */
  createdAt: string;
  endedAt?: string;
  wishes: FleetWishes;
  /** Machines that are worked on at a time. */
  concurrency: number;
  total: number;
  /** Instance of its orchestration: another one where the first ended without a word. */
  runId: string;
  /** When the last certificate can be ordered, by the authorities' budgets as they were last seen; ISO 8601. */
  lastTurnAt?: string;
  /** At its end. */
  counts?: FleetCounts;
}

/** One of its machines. */
export interface FleetMachine {
  resourceId: string;
  kind: MachineKind;
  name: string;
  /** Named by whoever asked, who may not see it: nothing of it is ever read. */
  isUnknown?: boolean;
  /** The order in which they begin. */
  place: number;
  status: FleetMachineStatus;
  operationId?: string;
  /** ISO 8601. */
  startedAt?: string;
  endedAt?: string;
  code?: string;
  detail?: string;
  remedy?: string;
}

export function countMachines(machines: readonly Pick<FleetMachine, 'status'>[]): FleetCounts {
  const counts: FleetCounts = { waiting: 0, running: 0, succeeded: 0, failed: 0, refused: 0, skipped: 0 };
  for (const { status } of machines) counts[status] += 1;
  return counts;
}

export const leftOf = ({ waiting, running }: FleetCounts): number => waiting + running;

/** Whole percent of the machines that have come to an end. */
export const fleetPercent = (total: number, counts: FleetCounts): number =>
  total === 0 ? 100 : Math.floor((100 * (total - leftOf(counts))) / total);

/** By the pace so far or the last certificate's turn, whichever is later; ISO 8601. Undefined while nobody can tell. */
export function estimateEnd(
  fleet: Pick<FleetInstall, 'status' | 'createdAt' | 'total' | 'lastTurnAt'>,
  counts: FleetCounts,
  now: number,
): string | undefined {
  const left = leftOf(counts);
  // What was refused or passed over took no time: it says nothing of the pace.
  const worked = counts.succeeded + counts.failed;
  if (fleet.status !== 'running' || left === 0 || worked === 0) return undefined;
  const pace = now + ((now - Date.parse(fleet.createdAt)) / worked) * left;
  const turn = fleet.lastTurnAt === undefined ? 0 : Date.parse(fleet.lastTurnAt);
  return new Date(Math.max(pace, turn)).toISOString();
}

export interface MachineOutlook {
  machine: Pick<MachineDocument, 'extension' | 'custody' | 'manualInstallation' | 'replaceConsent'>;
  wishes: FleetWishes;
  right: AccessDecision;
  /** What runs on the machine. */
  holder: Pick<Operation, 'id' | 'kind'> | undefined;
  /** Requirements that it does not meet. */
  failures: readonly PreconditionResult[];
}

/** Why nothing is done: the machine is passed over, or it or the caller lacks something. */
export interface Refusal {
  action: 'refuse' | 'skip';
  /** One sentence. */
  detail: string;
  /** Absent where there is nothing to mend. */
  error?: AppError;
}

const refusal = (action: Refusal['action'], error: AppError): Refusal => ({
  action,
  detail: error.message,
  error,
});

/** In the words of a single request: whoever may not see a machine learns nothing of it. */
export const missingMachine = (resourceId: string): Refusal =>
  refusal('refuse', new AppError('machine_not_found', `there is no machine ${resourceId} that you may see`));

/** In this order: 1. a right, 2. another operation, 3. installed already, 4. consent, 5. every requirement. */
export function refusalOf({ machine, wishes, right, holder, failures }: MachineOutlook): Refusal | undefined {
  if (!right.allowed) {
    const { missingAction } = right;
    const detail = `no role gives you ${missingAction} on this machine`;
    return refusal('refuse', new AppError('access_denied', detail, { facts: { missingAction } }));
  }
  if (holder) {
    const facts = { operationId: holder.id };
    const detail = `${holder.kind} runs on this machine`;
    return refusal('skip', new AppError('operation_in_progress', detail, { facts }));
  }
  if (isInstalledAsWished(machine, wishes)) return { action: 'skip', detail: 'it is installed already' };
  const { manualInstallation, replaceConsent, extension } = machine;
  const isOurs = replaceConsent || wishes.consent || extension?.installedAt !== undefined;
  if (manualInstallation && !isOurs) {
    const facts = { lost: lostByReplacement };
    return refusal('refuse', new AppError('consent_required', manualInstallation.found, { facts }));
  }
  if (failures.length === 0) return undefined;
  const facts = { preconditions: failures };
  return refusal('refuse', new AppError('precondition_unmet', describeFailures(failures), { facts }));
}

/** What a person does next: of unmet requirements each has its own remedy. */
export function remedyOf({ error, detail }: Refusal, failures: readonly PreconditionResult[]): string {
  if (!error) return `Nothing: ${detail}.`;
  const own = error.code === 'precondition_unmet' ? failures.map(({ remedy }) => remedy).join(' ') : '';
  return own || describeError(error).remedy;
}

const isInstalledAsWished = (
  { extension, custody = 'vault' }: Pick<MachineDocument, 'extension' | 'custody'>,
  { port, keys }: FleetWishes,
): boolean =>
  extension?.state === 'installed' &&
  (port === undefined || port === extension.port) &&
  (keys === undefined || keys === custody);

/** Whether an install orders one: none that the next install can use is on record. */
export function needsCertificate(
  record: CertificateRecord | undefined,
  custody: KeyCustody,
  now: number,
): boolean {
  const leaf = record?.leaf;
  if (!leaf || leaf.custody !== custody || record.state === 'revoked' || record.replacement) return true;
  return Date.parse(dueAt(leaf, record.window, record.point ?? 0.5)) <= now;
}

/** Nothing was done with it. */
export function refusedMachine(
  machine: FleetMachine,
  refusal: Refusal,
  remedy: string,
  at: string,
): FleetMachine {
  const { action, detail, error } = refusal;
  const { operationId } = error?.facts ?? {};
  return {
    ...machine,
    status: action === 'skip' ? 'skipped' : 'refused',
    // Of what runs there already, so that whoever reads this can follow it.
    ...(typeof operationId === 'string' && { operationId }),
    endedAt: at,
    ...(error && { code: error.code }),
    detail,
    remedy,
  };
}

/** The fleet install was called off before its turn came. */
export const droppedMachine = (machine: FleetMachine, at: string): FleetMachine => ({
  ...machine,
  status: 'skipped',
  endedAt: at,
  code: 'operation_cancelled',
  detail: 'the fleet install was cancelled before it began',
  remedy: 'Nothing: this machine is as it was.',
});

/** As its operation has ended: one that gave a late turn back waits for another. */
export function endedMachine(machine: FleetMachine, operation: Operation, at: string): FleetMachine {
  const { status, error, endedAt = at } = operation;
  if (status === 'running') return machine;
  if (status === 'succeeded') return { ...machine, status: 'succeeded', endedAt };
  if (error?.facts?.['turnAt'] !== undefined) {
    const { operationId: _, startedAt: __, ...rest } = machine;
    return { ...rest, status: 'waiting', detail: error.detail };
  }
  return failedMachine({ ...machine, endedAt }, error, at);
}

export const failedMachine = (
  machine: FleetMachine,
  error: ErrorRecord | undefined,
  at: string,
): FleetMachine => ({
  ...machine,
  status: 'failed',
  endedAt: machine.endedAt ?? at,
  ...(error && { code: error.code, detail: error.detail, remedy: error.remedy }),
});
