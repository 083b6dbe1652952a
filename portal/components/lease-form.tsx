import { useState } from 'preact/hooks';
import type { MachineReply } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { useFocusOnOpen } from '../hooks/focus-on-open.ts';
import { usePortal } from '../hooks/portal.ts';
import { type LeaseDraft, leaseBounds, leaseFaults, leaseWishes } from '../model/lease-request.ts';
import { serviceNames } from '../model/service.ts';
import { FailureCard } from './failure-card.tsx';
import { MinutesField } from './minutes-field.tsx';
import { PurposeField } from './purpose-field.tsx';

interface LeaseFormProps {
  machine: MachineReply;
  /** The lease is there, whatever was asked for before. */
  requested(): void;
  close(): void;
}

const untouched: LeaseDraft = { service: 'WAC', minutes: '60', purpose: '', reference: '', start: '' };

/** A request for access: for what, how long, and from when. */
export function LeaseForm({ machine, requested, close }: LeaseFormProps) {
  const { api, announce } = usePortal();
  const [draft, setDraft] = useState(untouched);
  // Nothing is called wrong before it was sent once.
  const [isTried, setTried] = useState(false);
  const { isBusy, failure, run } = useAction();
  const first = useFocusOnOpen<HTMLInputElement>();
  const faults = isTried ? leaseFaults(draft, Date.now()) : {};
  const change = (part: Partial<LeaseDraft>) => setDraft((last) => ({ ...last, ...part }));
  const services = (['WAC', 'SSH'] as const).filter(
    (service) => service === 'WAC' || service in machine.endpoint.services,
  );
  const send = () => {
    setTried(true);
    if (Object.keys(leaseFaults(draft, Date.now())).length > 0) {
      document.querySelector<HTMLElement>('.lease-form [aria-invalid]')?.focus();
      return;
    }
    run(async () => {
      await api.requestLease(machine.id, leaseWishes(draft));
      announce('Requested: it waits for somebody’s approval.');
      requested();
    });
  };
  return (
    <form
      class="form lease-form"
      aria-label="Request a lease"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <PurposeField
        id="lease-purpose"
        field={first}
        purpose={draft.purpose}
        fault={faults.purpose}
        change={(purpose) => change({ purpose })}
      />
      <MinutesField
        id="lease-minutes"
        label="For how long"
        minutes={draft.minutes}
        fault={faults.minutes}
        change={(minutes) => change({ minutes })}
      />
      <div class="form-row">
        {services.length > 1 && (
          <div class="field">
            <label for="lease-service">Service</label>
            <select
              id="lease-service"
              class="input"
              value={draft.service}
              onChange={({ currentTarget: { value } }) =>
                change({ service: value === 'SSH' ? 'SSH' : 'WAC' })
              }
            >
              {services.map((service) => (
                <option key={service} value={service}>
                  {serviceNames[service]}
                </option>
              ))}
            </select>
          </div>
        )}
        <div class="field">
          <label for="lease-reference">Ticket number</label>
          <input
            id="lease-reference"
            class="input"
            autocomplete="off"
            placeholder="Where there is one"
            maxLength={leaseBounds.reference}
            value={draft.reference}
            onInput={(event) => change({ reference: event.currentTarget.value })}
          />
        </div>
        <div class="field">
          <label for="lease-start">Start</label>
          <input
            id="lease-start"
            type="datetime-local"
            class="input"
            value={draft.start}
            {...(faults.start && { 'aria-invalid': true })}
            aria-describedby="lease-start-note"
            onInput={(event) => change({ start: event.currentTarget.value })}
          />
          <span class={faults.start ? 'field-note fault' : 'field-note quiet'} id="lease-start-note">
            {faults.start ?? 'Empty: with the approval.'}
          </span>
        </div>
      </div>
      {failure && <FailureCard failure={failure} about="Request" />}
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={isBusy}>
          {isBusy ? 'Requesting' : 'Send the request'}
        </button>
        <button type="button" class="button" onClick={close}>
          Not now
        </button>
      </div>
    </form>
  );
}
