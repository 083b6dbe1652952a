import type { ComponentChildren } from 'preact';
import {
  type FleetChoices,
  type FleetFaults,
  type FleetField,
  pastedIds,
  type SelectionWay,
  selectionWays,
} from '../model/fleet-selection.ts';
import { Choice } from './choice.tsx';
import { Icon } from './icon.tsx';
import { KeysField } from './keys-field.tsx';

interface FleetFormProps {
  choices: FleetChoices;
  change(part: Partial<FleetChoices>): void;
  /** Shown once the plan was asked for. */
  faults: FleetFaults;
  isBusy: boolean;
  send(): void;
}

const ways: Readonly<Record<SelectionWay, { title: string; note: string }>> = {
  resourceIds: { title: 'A list of machines', note: 'Their Azure resource ids, up to 2000.' },
  resourceGroup: { title: 'A resource group', note: 'Every machine in it that you may see.' },
  tag: { title: 'A tag', note: 'Every machine of a subscription that carries it.' },
};

interface FieldProps {
  id: FleetField | 'tag-value';
  label: string;
  fault?: string | undefined;
  help?: string;
  children(described: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }): ComponentChildren;
}

function Field({ id, label, fault, help, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-note`, 'aria-invalid': fault !== undefined })}
      <p class={fault ? 'field-note fault' : 'field-note quiet'} id={`${id}-note`} role="status">
        {fault && <Icon name="bad" tone="bad" />}
        <span class="wrapping">{fault ?? help}</span>
      </p>
    </div>
  );
}

function Selection({ choices, change, faults }: Pick<FleetFormProps, 'choices' | 'change' | 'faults'>) {
  const { way, idsText, subscription, group, tagName, tagValue } = choices;
  const text = (part: Partial<FleetChoices>) => change(part);
  if (way === 'resourceIds') {
    const count = pastedIds(idsText).length;
    return (
      <Field
        id="ids"
        label="Azure resource ids"
        fault={faults.ids}
        help={count === 0 ? 'One in each line.' : count === 1 ? 'One machine.' : `${count} machines.`}
      >
        {(field) => (
          <textarea
            {...field}
            class="input"
            rows={6}
            spellcheck={false}
            autocomplete="off"
            placeholder="/subscriptions/…/providers/Microsoft.HybridCompute/machines/…"
            value={idsText}
            onInput={(event) => text({ idsText: event.currentTarget.value })}
          />
        )}
      </Field>
    );
  }
  return (
    <div class="form-row">
      <Field id="subscription" label="Subscription id" fault={faults.subscription}>
        {(field) => (
          <input
            {...field}
            class="input"
            autocomplete="off"
            spellcheck={false}
            value={subscription}
            onInput={(event) => text({ subscription: event.currentTarget.value })}
          />
        )}
      </Field>
      {way === 'resourceGroup' ? (
        <Field id="group" label="Resource group" fault={faults.group}>
          {(field) => (
            <input
              {...field}
              class="input"
              autocomplete="off"
              spellcheck={false}
              value={group}
              onInput={(event) => text({ group: event.currentTarget.value })}
            />
          )}
        </Field>
      ) : (
        <>
          <Field id="tag-name" label="Name of the tag" fault={faults['tag-name']}>
            {(field) => (
              <input
                {...field}
                class="input"
                autocomplete="off"
                value={tagName}
                onInput={(event) => text({ tagName: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field id="tag-value" label="Its value">
            {(field) => (
              <input
                {...field}
                class="input"
                autocomplete="off"
                value={tagValue}
                onInput={(event) => text({ tagValue: event.currentTarget.value })}
              />
            )}
          </Field>
        </>
      )}
    </div>
  );
}

/** Which machines, and what is wished for on each. */
export function FleetForm(props: FleetFormProps) {
  const { choices, change, faults, isBusy, send } = props;
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) send();
      }}
    >
      <fieldset class="choices ways">
        <legend>Which machines</legend>
        {selectionWays.map((way) => (
          <Choice
            key={way}
            id={`way-${way}`}
            name="way"
            title={ways[way].title}
            checked={choices.way === way}
            change={() => change({ way })}
          >
            {ways[way].note}
          </Choice>
        ))}
      </fieldset>
      <Selection choices={choices} change={change} faults={faults} />
      <details class="more" {...((faults.port ?? faults.concurrency) && { open: true })}>
        <summary>Settings for all of them</summary>
        <div class="form-row">
          <Field
            id="port"
            label="Port on each machine"
            fault={faults.port}
            help="Empty: 6516, or the port that is there."
          >
            {(field) => (
              <input
                {...field}
                class="input short"
                inputMode="numeric"
                autocomplete="off"
                placeholder="6516"
                value={choices.portText}
                onInput={(event) => change({ portText: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field
            id="concurrency"
            label="Machines at a time"
            fault={faults.concurrency}
            help="From 1 to 100; 20 is usual."
          >
            {(field) => (
              <input
                {...field}
                class="input short"
                inputMode="numeric"
                autocomplete="off"
                value={choices.concurrencyText}
                onInput={(event) => change({ concurrencyText: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
        <KeysField keys={choices.keys} wasInstalled change={(keys) => change({ keys })} />
        <Choice
          id="consent"
          title="Replace a Windows Admin Center that was installed by hand"
          checked={choices.consent}
          change={(consent) => change({ consent })}
        >
          Where there is one it is lost, with its list of other servers and its settings, and cannot be
          brought back. Unchecked, such a machine fails and says so.
        </Choice>
      </details>
      <div class="actions">
        <button type="submit" class="button" aria-disabled={isBusy}>
          {isBusy ? 'Making the plan' : 'Show the plan'}
        </button>
      </div>
    </form>
  );
}
