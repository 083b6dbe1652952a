import { quickMinutes } from '../model/lease-request.ts';
import { formatMinutes } from '../model/time.ts';

interface MinutesFieldProps {
  id: string;
  label: string;
  minutes: string;
  fault: string | undefined;
  change(minutes: string): void;
}

/** How long: in minutes, or one of the usual lengths. */
export function MinutesField({ id, label, minutes, fault, change }: MinutesFieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-chips">
        <input
          id={id}
          class="input short"
          inputMode="numeric"
          autocomplete="off"
          value={minutes}
          maxLength={4}
          {...(fault && { 'aria-invalid': true })}
          aria-describedby={`${id}-note`}
          onInput={(event) => change(event.currentTarget.value)}
        />
        {quickMinutes.map((quick) => (
          <button
            key={quick}
            type="button"
            class="chip"
            aria-pressed={minutes === String(quick)}
            onClick={() => change(String(quick))}
          >
            {formatMinutes(quick)}
          </button>
        ))}
      </div>
      <span class={fault ? 'field-note fault' : 'field-note quiet'} id={`${id}-note`}>
        {fault ?? 'In minutes.'}
      </span>
    </div>
  );
}
