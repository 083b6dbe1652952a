import type { ComponentChildren } from 'preact';
import type { MachineReply } from '../api/replies.ts';
import type { ChoiceFaults, InstallChoices } from '../model/install-choices.ts';
import { Choice } from './choice.tsx';
import { Icon } from './icon.tsx';
import { KeysField } from './keys-field.tsx';

interface InstallFormProps {
  machine: MachineReply;
  choices: InstallChoices;
  change(part: Partial<InstallChoices>): void;
  faults: ChoiceFaults;
  /** Why it cannot be sent now; the button says it. */
  obstacle: string | undefined;
  isBusy: boolean;
  send(): void;
  /** How it is reached. */
  reach: ComponentChildren;
  /** What stands before the button: what will happen, what has to be agreed to, what failed. */
  children: ComponentChildren;
}

function PortField({ text, fault, change }: { text: string; fault?: string; change(text: string): void }) {
  return (
    <>
      <label for="port">Port on the machine</label>
      <p class="quiet" id="port-help">
        Windows Admin Center listens there. 6516 is usual; any other may be chosen, 443 too.
      </p>
      <input
        id="port"
        name="port"
        class="input short"
        inputMode="numeric"
        autocomplete="off"
        aria-describedby="port-help port-note"
        aria-invalid={fault !== undefined}
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
      />
      <p class="field-note fault" id="port-note" role="status">
        {fault && <Icon name="bad" tone="bad" />}
        {fault}
      </p>
    </>
  );
}

export function InstallForm(props: InstallFormProps) {
  const { machine, choices, change, faults, obstacle, isBusy, send, reach, children } = props;
  const submit = (event: Event) => {
    event.preventDefault();
    if (faults.port) return document.getElementById('port')?.focus();
    if (faults.sources) return document.getElementById('sources')?.focus();
    if (!isBusy && obstacle === undefined) send();
  };
  return (
    <form class="form" noValidate onSubmit={submit}>
      <PortField
        text={choices.portText}
        {...(faults.port !== undefined && { fault: faults.port })}
        change={(portText) => change({ portText })}
      />
      {reach}
      <KeysField
        keys={choices.keys}
        wasInstalled={machine.certificate !== null}
        change={(keys) => change({ keys })}
      />
      {machine.machineName !== null && (
        <Choice
          id="new-name"
          title="Give the machine a new name in DNS"
          checked={choices.newName}
          change={(newName) => change({ newName })}
        >
          The old name and its certificate are withdrawn when its sessions have ended.
        </Choice>
      )}
      {children}
      <div class="actions">
        <button type="submit" class="button primary large" aria-disabled={isBusy || obstacle !== undefined}>
          {obstacle ?? (isBusy ? 'Starting' : 'Install')}
        </button>
      </div>
    </form>
  );
}
