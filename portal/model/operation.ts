import type { OperationReply, Step } from '../api/replies.ts';

/** As the page shows it: a status of the API, or one that follows from its other facts. */
export type OperationState = OperationReply['status'] | 'waiting' | 'cancelled';

const titles = {
  install: {
    running: 'Installing',
    waiting: 'The install waits for its turn',
    succeeded: 'Installed',
    failed: 'The install stopped',
    postponed: 'The install goes on later',
    cancelled: 'The install was cancelled',
  },
  uninstall: {
    running: 'Removing',
    waiting: 'The removal waits',
    succeeded: 'Removed',
    failed: 'The removal stopped',
    postponed: 'The removal goes on later',
    cancelled: 'The removal was cancelled',
  },
  repair: {
    running: 'Repairing',
    waiting: 'The repair waits for its turn',
    succeeded: 'Repaired',
    failed: 'The repair stopped',
    postponed: 'The repair goes on later',
    cancelled: 'The repair was cancelled',
  },
  renew: {
    running: 'Renewing the certificate',
    waiting: 'The renewal waits for its turn',
    succeeded: 'Certificate renewed',
    failed: 'The renewal stopped',
    postponed: 'The renewal goes on later',
    cancelled: 'The renewal was cancelled',
  },
  revoke: {
    running: 'Replacing the certificate',
    waiting: 'The replacement waits for its turn',
    succeeded: 'Certificate replaced',
    failed: 'The replacement stopped',
    postponed: 'The replacement goes on later',
    cancelled: 'The replacement was cancelled',
  },
} as const satisfies Record<OperationReply['kind'], Record<OperationState, string>>;

/** `waiting` is a run whose next step has a date; the page need not look again every second. */
export function operationState({ status, resumesAt, error }: OperationReply, now: number): OperationState {
  if (status === 'running') return resumesAt && Date.parse(resumesAt) > now ? 'waiting' : 'running';
  return status === 'failed' && error?.code === 'operation_cancelled' ? 'cancelled' : status;
}

/** A step as the page shows it: what waits for a turn does not run, and what was called off did not fail. */
export type StepState = Step['status'] | 'paused' | 'cancelled';

export function stepStateOf({ status, startedAt }: Step, whole: OperationState): StepState {
  if (whole === 'cancelled' && status === 'failed') return 'cancelled';
  if (whole === 'waiting' && status === 'running') return 'paused';
  return whole === 'postponed' && startedAt !== undefined && status !== 'succeeded' ? 'paused' : status;
}

export const operationTitle = (operation: OperationReply, now: number): string =>
  titles[operation.kind][operationState(operation, now)];

/** Where it stands, as one sentence. */
export function progressSentence(operation: OperationReply, now: number): string {
  const { steps, error } = operation;
  const title = operationTitle(operation, now);
  const state = operationState(operation, now);
  if (state === 'failed') return error ? `${title}: ${error.title}.` : `${title}.`;
  const at = state === 'running' ? steps.findIndex((step) => step.status === 'running') : -1;
  const step = steps[at];
  return step ? `${title}: step ${at + 1} of ${steps.length}, ${step.name}.` : `${title}.`;
}
