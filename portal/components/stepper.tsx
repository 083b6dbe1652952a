import type { Step } from '../api/replies.ts';
import { formatClock, formatSpan } from '../model/time.ts';
import { Icon } from './icon.tsx';

const words = { waiting: 'Waiting', running: 'Running', succeeded: 'Done', failed: 'Failed' } as const;

function StepMark({ status, number }: { status: Step['status']; number: number }) {
  if (status === 'succeeded') return <Icon name="good" tone="good" />;
  if (status === 'failed') return <Icon name="bad" tone="bad" />;
  return <span aria-hidden="true">{number}</span>;
}

function times({ startedAt, endedAt }: Step, now: number): string {
  if (!startedAt) return '';
  const span = formatSpan((endedAt ? Date.parse(endedAt) : now) - Date.parse(startedAt));
  return endedAt ? `${formatClock(startedAt)}, took ${span}` : `since ${formatClock(startedAt)}, ${span}`;
}

export function Stepper({ steps, now }: { steps: readonly Step[]; now: number }) {
  return (
    <ol class="stepper">
      {steps.map((step, at) => (
        <li
          key={step.name}
          class={`step ${step.status}`}
          {...(step.status === 'running' && { 'aria-current': 'step' as const })}
        >
          <span class="step-mark">
            <StepMark status={step.status} number={at + 1} />
          </span>
          <div class="step-body">
            <p class="step-name">{step.name}</p>
            <p class="step-state">
              <span class={`step-word ${step.status}`}>{words[step.status]}</span>
              {step.startedAt && <span class="step-time">{times(step, now)}</span>}
            </p>
            {/* What it does now; how a failed one failed is told by the failure card below. */}
            {step.detail && step.status === 'running' && <p class="step-detail">{step.detail}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
