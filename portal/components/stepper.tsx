import type { OperationReply, Step } from '../api/replies.ts';
import { operationState, type StepState, stepStateOf } from '../model/operation.ts';
import { formatClock, formatSpan } from '../model/time.ts';
import { withReadableTimes } from '../model/words.ts';
import { Icon, type IconName } from './icon.tsx';

const words = {
  waiting: 'Waiting',
  running: 'Running',
  paused: 'Waits for its turn',
  succeeded: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
} as const satisfies Record<StepState, string>;

const icons: Readonly<Partial<Record<StepState, Extract<IconName, 'good' | 'bad' | 'busy' | 'neutral'>>>> = {
  paused: 'busy',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'neutral',
};

function StepMark({ state, number }: { state: StepState; number: number }) {
  const icon = icons[state];
  return icon ? <Icon name={icon} tone={icon} /> : <span aria-hidden="true">{number}</span>;
}

function times({ startedAt, endedAt }: Step, state: StepState, now: number): string {
  if (!startedAt) return '';
  if (state === 'paused') return `since ${formatClock(startedAt)}`;
  const span = formatSpan((endedAt ? Date.parse(endedAt) : now) - Date.parse(startedAt));
  return endedAt ? `${formatClock(startedAt)}, took ${span}` : `since ${formatClock(startedAt)}, ${span}`;
}

export function Stepper({ operation, now }: { operation: OperationReply; now: number }) {
  const whole = operationState(operation, now);
  return (
    <ol class="stepper">
      {operation.steps.map((step, at) => {
        const state = stepStateOf(step, whole);
        return (
          <li
            key={step.name}
            class={`step ${state}`}
            {...(step.status === 'running' && { 'aria-current': 'step' as const })}
          >
            <span class="step-mark">
              <StepMark state={state} number={at + 1} />
            </span>
            <div class="step-body">
              <p class="step-name">{step.name}</p>
              <p class="step-state">
                <span class={`step-word ${state}`}>{words[state]}</span>
                {step.startedAt && <span class="step-time">{times(step, state, now)}</span>}
              </p>
              {/* What it does now; how a failed one failed is told by the failure card. */}
              {step.detail && step.status === 'running' && (
                <p class="step-detail">{withReadableTimes(step.detail)}</p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
