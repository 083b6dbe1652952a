import type { Lease } from '../api/replies.ts';
import { leaseSteps } from '../model/lease-words.ts';

const words = { done: 'done', current: 'now', stopped: 'stopped here', ahead: 'ahead' } as const;
const classes = { done: 'good', current: 'current', stopped: 'bad', ahead: 'untried' } as const;

/** The way of a lease, drawn as the path to a machine is. */
export function LeaseSteps({ lease, now }: { lease: Lease; now: number }) {
  return (
    <ol class="chain lease-steps" aria-label="The way of the lease">
      {leaseSteps(lease, now).map(({ name, state, note }) => (
        <li
          key={name}
          class={`chain-link ${classes[state]}`}
          {...(state === 'current' && { 'aria-current': 'step' as const })}
        >
          <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <circle class="chain-dot" cx="10" cy="10" r="8" />
            {state === 'done' && <path class="chain-mark" d="m6 10.2 2.7 2.7L14 7.5" />}
            {state === 'stopped' && <path class="chain-mark" d="m7 7 6 6m0-6-6 6" />}
            {state === 'current' && <circle class="step-now" cx="10" cy="10" r="4" />}
          </svg>
          <span class="chain-name">
            {name}
            <span class="visually-hidden">, {words[state]}</span>
          </span>
          <span class="chain-note">{note}</span>
        </li>
      ))}
    </ol>
  );
}
