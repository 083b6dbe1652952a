import { useState } from 'preact/hooks';
import type { Lease } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { useFocusOnOpen } from '../hooks/focus-on-open.ts';
import { usePortal } from '../hooks/portal.ts';
import { minutesFault, purposeFault } from '../model/lease-request.ts';
import { FailureCard } from './failure-card.tsx';
import { MinutesField } from './minutes-field.tsx';
import { PurposeField } from './purpose-field.tsx';

interface ExtensionFormProps {
  lease: Lease;
  requested(): void;
  close(): void;
}

/** More time for a lease: approved like the lease itself, which goes on meanwhile. */
export function LeaseExtensionForm({ lease, requested, close }: ExtensionFormProps) {
  const { api, announce } = usePortal();
  const [minutes, setMinutes] = useState('60');
  const [purpose, setPurpose] = useState('');
  const [isTried, setTried] = useState(false);
  const { isBusy, failure, run } = useAction();
  const first = useFocusOnOpen<HTMLInputElement>();
  const faults = { minutes: minutesFault(minutes), purpose: purposeFault(purpose) };
  const send = () => {
    setTried(true);
    if (faults.minutes || faults.purpose || isBusy) return;
    run(async () => {
      await api.extendLease(lease, Number(minutes), purpose.trim());
      announce('The extension is requested.');
      requested();
    });
  };
  return (
    <form
      class="form nested"
      aria-label="Extend the lease"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <PurposeField
        id="extension-purpose"
        field={first}
        purpose={purpose}
        fault={isTried ? faults.purpose : undefined}
        change={setPurpose}
      />
      <MinutesField
        id="extension-minutes"
        label="How much longer"
        minutes={minutes}
        fault={isTried ? faults.minutes : undefined}
        change={setMinutes}
      />
      {failure && <FailureCard failure={failure} about="Extension" />}
      <div class="actions">
        <button type="submit" class="button" aria-disabled={isBusy}>
          {isBusy ? 'Requesting' : 'Request the extension'}
        </button>
        <button type="button" class="button subtle" onClick={close}>
          Not now
        </button>
      </div>
    </form>
  );
}
