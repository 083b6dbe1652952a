import type { OperationReply } from '#shared/protocol/api.ts';
import { renderTable } from './columns.ts';
import { describeCompensation } from './compensation.ts';
import { formatSeconds, secondsBetween } from './duration.ts';
import { formatMoment, withReadableTimes } from './moment.ts';
import { plain } from './plain.ts';

type Step = OperationReply['steps'][number];

const secondsOf = ({ startedAt, endedAt }: Step): string => {
  const seconds = secondsBetween(startedAt, endedAt);
  return seconds === undefined ? '' : formatSeconds(seconds);
};

const nameOf = (step: Step, index: number, total: number): string =>
  `${index + 1} of ${total}  ${plain(step.name)}`;

const hasEnded = ({ status }: Step): boolean => status === 'succeeded' || status === 'failed';

/** `1 of 3  Register the resource provider: succeeded in 0.42 s` */
function describeStep(step: Step, index: number, total: number): string {
  const name = nameOf(step, index, total);
  const took = secondsOf(step);
  if (hasEnded(step)) return `${name}: ${step.status}${took && ` in ${took}`}`;
  return `${name}: ${step.status}${step.detail === undefined ? '' : `, ${withReadableTimes(plain(step.detail))}`}`;
}

/** One line of what is new. */
export interface Change {
  status: OperationReply['status'];
  text: string;
}

/** Until when it waits for its turn at a certificate authority. */
const describeTurn = ({ kind, resumesAt = '' }: OperationReply): string =>
  `${kind}: waits for its turn until ${formatMoment(resumesAt)}`;

/** What is new since the last look, also for steps that began and ended between two looks; the end comes last. */
export function changesSince(before: OperationReply | undefined, now: OperationReply): Change[] {
  const changes = now.steps.flatMap((step, index): Change[] => {
    const { status } = step;
    const last = before?.steps[index];
    const isNew = last?.status !== status || (status === 'running' && last.detail !== step.detail);
    return isNew && status !== 'waiting'
      ? [{ status, text: describeStep(step, index, now.steps.length) }]
      : [];
  });
  const { kind, status, createdAt, endedAt, resumesAt } = now;
  if (status === 'running') {
    const isNew = resumesAt !== undefined && resumesAt !== before?.resumesAt;
    return isNew ? [...changes, { status, text: describeTurn(now) }] : changes;
  }
  if (status === before?.status) return changes;
  const took = secondsBetween(createdAt, endedAt);
  const text = `${kind}: ${status}${took === undefined ? '' : ` in ${formatSeconds(took)}`}`;
  return [...changes, { status, text }];
}

/** The step that runs, or where a run that is between two steps stands. */
export function describeRunning(operation: OperationReply): string {
  if (operation.resumesAt !== undefined) return describeTurn(operation);
  const index = operation.steps.findIndex(({ status }) => status === 'running');
  const step = operation.steps[index];
  return step
    ? describeStep(step, index, operation.steps.length)
    : `${operation.kind}: ${operation.percent} %`;
}

export function renderOperation(operation: OperationReply): string {
  const { kind, status, percent, createdAt, endedAt, resumesAt, steps } = operation;
  const took = secondsBetween(createdAt, endedAt);
  const goesOn = resumesAt === undefined ? '' : `, goes on by itself at ${formatMoment(resumesAt)}`;
  const head = `${kind} ${plain(operation.id)}: ${status}, ${percent} %${took === undefined ? '' : ` in ${formatSeconds(took)}`}${goesOn}`;
  const rows = steps.map((step, index) => [
    String(index + 1),
    step.name,
    step.status,
    secondsOf(step),
    withReadableTimes(step.detail ?? ''),
  ]);
  const table = renderTable(['step', 'name', 'status', 'time', 'detail'], rows);
  return [head, table, ...describeCompensation(operation)].join('\n');
}
