import type { AuditActor } from './audit.ts';
import type { ErrorRecord } from './error.ts';

export const operationKinds = ['install', 'uninstall', 'repair', 'renew', 'revoke'] as const;
export type OperationKind = (typeof operationKinds)[number];
export type StepStatus = 'waiting' | 'running' | 'succeeded' | 'failed';

interface OperationStep {
  name: string;
  status: StepStatus;
  /** ISO 8601. */
  startedAt?: string;
  endedAt?: string;
  /** What it does now or found, one sentence. */
  detail?: string;
}

/** What a failed install took back, and what it left. */
export interface Compensation {
  undone: string[];
  left: { what: string; why: string }[];
}

/** One long-running request. `id` is `<machineId>.<random>` and the Durable instance id too. */
export interface Operation {
  id: string;
  machineId: string;
  kind: OperationKind;
  /** `postponed`: it ended without a result and goes on by itself at `resumesAt`. */
  status: 'running' | 'succeeded' | 'failed' | 'postponed';
  steps: OperationStep[];
  createdAt: string;
  endedAt?: string;
  /** Who asked. */
  requestedBy: AuditActor;
  error?: ErrorRecord;
  compensation?: Compensation;
  /** While it waits for its turn, or after it was postponed: when it goes on, ISO 8601. */
  resumesAt?: string;
  /** Path of what it made, for example `/api/machines/{id}/extension`. */
  resource?: string;
}

/** The names of the steps, as the documents and the portal say them (requirement 43). */
export const operationSteps: Readonly<Record<OperationKind, readonly string[]>> = {
  install: ['Register the resource provider', 'Deploy the endpoint', 'Install the agent'],
  uninstall: ['Remove the extension', 'Remove the service configuration', 'Remove name and certificate'],
  repair: ['Remove the extension', 'Check endpoint, name and certificate', 'Install the agent again'],
  renew: ['Issue the certificate', 'Deliver it to the machine'],
  revoke: ['Issue a replacement', 'Deliver it to the machine', 'Revoke the old certificate'],
};

export function newOperation(
  id: string,
  machineId: string,
  kind: OperationKind,
  requestedBy: Operation['requestedBy'],
  now: string,
): Operation {
  const steps = operationSteps[kind].map((name): OperationStep => ({ name, status: 'waiting' }));
  return { id, machineId, kind, status: 'running', steps, createdAt: now, requestedBy };
}

/** Sets one step; a repeated report of the same step keeps its first start time. */
export function withStep(
  operation: Operation,
  index: number,
  change: { status: StepStatus; detail?: string },
  now: string,
): Operation {
  const steps = operation.steps.map((step, at): OperationStep => {
    if (at !== index) return step;
    const startedAt = step.startedAt ?? now;
    const ended = change.status === 'succeeded' || change.status === 'failed';
    const detail = change.detail ?? step.detail;
    return {
      name: step.name,
      status: change.status,
      startedAt,
      ...(ended && { endedAt: step.endedAt ?? now }),
      ...(detail !== undefined && { detail }),
    };
  });
  return { ...operation, steps };
}

export interface OperationEnd {
  error?: ErrorRecord;
  compensation?: Compensation;
  resource?: string;
  postponed?: { resumesAt: string; detail: string };
}

/**
 * Ends an operation: a failure marks the running step, a success all of them; one that is postponed leaves them as
 * they are. An ended operation stays as it ended.
 */
export function finishOperation(operation: Operation, end: OperationEnd, now: string): Operation {
  if (operation.status !== 'running') return operation;
  const { error, compensation, resource, postponed } = end;
  if (postponed) {
    const { resumesAt, detail } = postponed;
    const running = operation.steps.findIndex((step) => step.status === 'running');
    const shown = running < 0 ? operation : withStep(operation, running, { status: 'waiting', detail }, now);
    return { ...shown, status: 'postponed', endedAt: now, resumesAt };
  }
  const ended = operation.steps.reduce(
    (shown, step, index) =>
      error === undefined
        ? withStep(shown, index, { status: 'succeeded' }, now)
        : step.status === 'running'
          ? withStep(shown, index, { status: 'failed', detail: error.detail }, now)
          : shown,
    operation,
  );
  const { resumesAt: _, ...rest } = ended;
  return {
    ...rest,
    status: error ? 'failed' : 'succeeded',
    endedAt: now,
    ...(error && { error }),
    ...(compensation && { compensation }),
    ...(resource !== undefined && { resource }),
  };
}

/** Whole percent: ended steps count whole, a running one half. */
export function percentOf(operation: Operation): number {
  if (operation.status === 'succeeded') return 100;
  const worth = { waiting: 0, running: 0.5, succeeded: 1, failed: 1 };
  const sum = operation.steps.reduce((total, step) => total + worth[step.status], 0);
  return Math.round((100 * sum) / operation.steps.length);
}
