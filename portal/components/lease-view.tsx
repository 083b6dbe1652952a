import { useState } from 'preact/hooks';
import type { Lease } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { waitingExtension } from '../model/lease-words.ts';
import { serviceNames } from '../model/service.ts';
import { formatAbsolute, formatMinutes, formatRelative } from '../model/time.ts';
import { asSentence } from '../model/words.ts';
import { AskedButton } from './asked-button.tsx';
import { FailureCard } from './failure-card.tsx';
import { Icon } from './icon.tsx';
import { LeaseDecision } from './lease-decision.tsx';
import { LeaseExtensionForm } from './lease-extension-form.tsx';
import { LeaseSteps } from './lease-steps.tsx';
import { Words } from './words.tsx';

interface LeaseViewProps {
  lease: Lease;
  isOwn: boolean;
  now: number;
  changed(said?: string): void;
}

/** What ends it, in the words of its state and of who does it. */
function endWords({ state }: Lease, isOwn: boolean) {
  if (state === 'requested')
    return {
      label: 'Withdraw',
      question: 'Withdraw the request?',
      confirm: 'Withdraw it',
      busy: 'Withdrawing',
      said: 'The request is withdrawn.',
    };
  return isOwn
    ? {
        label: 'Give back',
        question: 'Give it back now? Your session ends with it.',
        confirm: 'Give it back',
        busy: 'Giving back',
        said: 'The lease is given back.',
      }
    : {
        label: 'Revoke',
        question: 'Revoke it now? Its session is cut.',
        confirm: 'Revoke it',
        busy: 'Revoking',
        said: 'The lease is revoked.',
      };
}

function End({ lease, isOwn, changed }: Pick<LeaseViewProps, 'lease' | 'isOwn' | 'changed'>) {
  const { api } = usePortal();
  const { isBusy, failure, run } = useAction();
  const words = endWords(lease, isOwn);
  return (
    <>
      <AskedButton
        label={words.label}
        question={words.question}
        confirmLabel={words.confirm}
        isBusy={isBusy}
        busyLabel={words.busy}
        confirm={() =>
          run(async () => {
            await api.endLease(lease);
            changed(words.said);
          })
        }
      />
      {failure && <FailureCard failure={failure} about={words.label} />}
    </>
  );
}

/** For what, how long, and what was said of it. */
function Facts({ lease }: { lease: Lease }) {
  const { purpose, reference, minutes, service, decision, extensions, assignment } = lease;
  return (
    <dl class="facts">
      <dt>Purpose</dt>
      <dd>{purpose}</dd>
      {reference && (
        <>
          <dt>Ticket</dt>
          <dd>{reference}</dd>
        </>
      )}
      <dt>Asked for</dt>
      <dd>
        {formatMinutes(minutes)} of {serviceNames[service]}
        {lease.notBefore && `, from ${formatAbsolute(lease.notBefore)}`}
      </dd>
      {decision?.reason && (
        <>
          <dt>Reason</dt>
          <dd>
            {decision.reason} <span class="quiet">({decision.by.name})</span>
          </dd>
        </>
      )}
      {assignment && (
        <>
          <dt>Role in Azure</dt>
          <dd>
            {assignment.removedAt
              ? `removed ${formatAbsolute(assignment.removedAt)}`
              : 'assigned for the time of the lease'}
            <span class="second">{assignment.id}</span>
          </dd>
        </>
      )}
      {extensions.map(({ minutes: more, purpose: why, requestedAt, decision: word }) => [
        <dt key={requestedAt}>Extension</dt>,
        <dd key={`${requestedAt} facts`}>
          {formatMinutes(more)} more: {why}
          <span class="second">
            {word
              ? `${word.approved ? 'approved' : 'denied'} by ${word.by.name}${word.reason ? `: ${word.reason}` : ''}`
              : 'waits for approval; the lease goes on to its present end'}
          </span>
        </dd>,
      ])}
    </dl>
  );
}

/** One lease: where it stands, what it is for, and what the reader may do with it. */
export function LeaseView({ lease, isOwn, now, changed }: LeaseViewProps) {
  const [isExtending, setExtending] = useState(false);
  const { may, state, endsAt, failure, assignment } = lease;
  const waits = state === 'requested' || waitingExtension(lease) !== undefined;
  return (
    <div class="lease">
      <LeaseSteps lease={lease} now={now} />
      {state === 'active' && endsAt && (
        <p class="with-icon">
          <Icon name="good" tone="good" />
          <span>
            The door is open until {formatAbsolute(endsAt)}, it closes {formatRelative(endsAt, now)}.
          </span>
        </p>
      )}
      <Facts lease={lease} />
      {failure && (
        <p class="with-icon">
          <Icon name="bad" tone="bad" />
          <span>
            {asSentence(failure.detail)} <Words text={failure.remedy} /> <code>{failure.code}</code>
          </span>
        </p>
      )}
      {assignment?.trouble && !assignment.removedAt && (
        <p class="with-icon">
          <Icon name="warning" tone="warning" />
          <span>The role could not be removed yet, and it is tried again: {assignment.trouble}</span>
        </p>
      )}
      {waits && may.decide && <LeaseDecision lease={lease} now={now} decided={changed} />}
      {waits && isOwn && (
        <p class="quiet">
          Somebody else who may assign roles on this machine has to approve: nobody approves a request of his
          own.
        </p>
      )}
      {isExtending && (
        <LeaseExtensionForm
          lease={lease}
          requested={() => {
            setExtending(false);
            changed();
          }}
          close={() => setExtending(false)}
        />
      )}
      {(may.extend || may.end) && (
        <div class="actions">
          {may.extend && !isExtending && (
            <button type="button" class="button" onClick={() => setExtending(true)}>
              Extend
            </button>
          )}
          {may.end && <End lease={lease} isOwn={isOwn} changed={changed} />}
        </div>
      )}
    </div>
  );
}
