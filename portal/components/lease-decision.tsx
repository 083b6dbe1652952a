import { useState } from 'preact/hooks';
import type { Lease } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { leaseBounds } from '../model/lease-request.ts';
import { opensSentence, waitingExtension } from '../model/lease-words.ts';
import { FailureCard } from './failure-card.tsx';

interface LeaseDecisionProps {
  lease: Lease;
  now: number;
  decided(said: string): void;
}

/** Somebody else's word: what it opens stands before the buttons. A refusal has a reason. */
export function LeaseDecision({ lease, now, decided }: LeaseDecisionProps) {
  const { api } = usePortal();
  const [reason, setReason] = useState('');
  const [lacksReason, setLacking] = useState(false);
  const { isBusy, failure, run } = useAction();
  const id = `reason-${lease.id}`;
  const extension = waitingExtension(lease);
  const what = extension ? 'extension' : 'request';
  const decide = (approve: boolean) => {
    if (!approve && reason.trim() === '') {
      setLacking(true);
      document.getElementById(id)?.focus();
      return;
    }
    run(async () => {
      await api.decideLease(lease, (extension ?? lease).requestedAt, approve, reason.trim());
      decided(`The ${what} of ${lease.requester.name} is ${approve ? 'approved' : 'denied'}.`);
    });
  };
  return (
    <div class="form decision">
      <p>
        <strong>If you approve:</strong> {opensSentence(lease, now)}
      </p>
      <div class="field">
        <label for={id}>Reason</label>
        <input
          id={id}
          class="input"
          autocomplete="off"
          maxLength={leaseBounds.purpose.maximum}
          value={reason}
          {...(lacksReason && { 'aria-invalid': true })}
          aria-describedby={`${id}-note`}
          onInput={(event) => {
            setReason(event.currentTarget.value);
            setLacking(false);
          }}
        />
        <span class={lacksReason ? 'field-note fault' : 'field-note quiet'} id={`${id}-note`}>
          {lacksReason ? 'Say why not: who asked reads it.' : 'Needed to deny. Who asked reads it.'}
        </span>
      </div>
      {failure && <FailureCard failure={failure} about="Decision" />}
      <div class="actions">
        <button type="button" class="button primary" aria-disabled={isBusy} onClick={() => decide(true)}>
          Approve
          <span class="visually-hidden">
            {' '}
            the {what} of {lease.requester.name}
          </span>
        </button>
        <button type="button" class="button danger" aria-disabled={isBusy} onClick={() => decide(false)}>
          Deny
          <span class="visually-hidden">
            {' '}
            the {what} of {lease.requester.name}
          </span>
        </button>
      </div>
    </div>
  );
}
