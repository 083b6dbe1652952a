import type { Ref } from 'preact';
import { leaseBounds } from '../model/lease-request.ts';

interface PurposeFieldProps {
  id: string;
  purpose: string;
  fault: string | undefined;
  field?: Ref<HTMLInputElement>;
  change(purpose: string): void;
}

/** What it is for, as who decides reads it. */
export function PurposeField({ id, purpose, fault, field, change }: PurposeFieldProps) {
  return (
    <div class="field">
      <label for={id}>Purpose</label>
      <input
        id={id}
        {...(field && { ref: field })}
        class="input"
        autocomplete="off"
        placeholder="For example: replace the failed disk"
        maxLength={leaseBounds.purpose.maximum}
        value={purpose}
        {...(fault && { 'aria-invalid': true })}
        aria-describedby={`${id}-note`}
        onInput={(event) => change(event.currentTarget.value)}
      />
      <span class={fault ? 'field-note fault' : 'field-note quiet'} id={`${id}-note`}>
        {fault ?? 'Who decides reads it, and the audit keeps it.'}
      </span>
    </div>
  );
}
