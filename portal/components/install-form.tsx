import { useState } from 'preact/hooks';
import { type Failure, failureOf } from '../api/failure.ts';
import type { KeyCustody, MachineReply, Preconditions } from '../api/replies.ts';
import { usePortal } from '../hooks/portal.ts';
import { defaultPort, readPort } from '../model/port.ts';
import { navigate } from '../navigation/history.ts';
import { addresses } from '../navigation/routes.ts';
import { FailureCard } from './failure-card.tsx';
import { Icon } from './icon.tsx';
import { KeysField } from './keys-field.tsx';

interface InstallFormProps {
  machine: MachineReply;
  preconditions: Preconditions;
  /** The service refused: what was shown may have changed. */
  recheck(): void;
}

/** The button itself says what is missing. */
function obstacle({ may }: MachineReply, { preconditions }: Preconditions): string | undefined {
  if (!may.install.allowed)
    return `You may not install: your roles lack ${may.install.missingAction ?? 'the right'}`;
  const unmet = preconditions.filter(({ met, severity }) => !met && severity === 'failure').length;
  if (unmet === 0) return undefined;
  return unmet === 1 ? 'One requirement is not met' : `${unmet} requirements are not met`;
}

export function InstallForm({ machine, preconditions, recheck }: InstallFormProps) {
  const { api } = usePortal();
  const [text, setText] = useState(String(machine.extension.port ?? defaultPort));
  const [keys, setKeys] = useState<KeyCustody>();
  const [newName, setNewName] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const { port, fault } = readPort(text);
  const missing = obstacle(machine, preconditions);

  const install = async (event: Event) => {
    event.preventDefault();
    if (isBusy || missing) return;
    if (port === undefined) return document.getElementById('port')?.focus();
    setBusy(true);
    setFailure(undefined);
    try {
      const { operation } = await api.install(machine.id, {
        port,
        ...(keys && { keys }),
        ...(newName && { newName }),
      });
      navigate(addresses.operation(operation.id, { port, keys }));
    } catch (error) {
      setFailure(failureOf(error));
      setBusy(false);
      recheck();
    }
  };

  return (
    <form class="form" noValidate onSubmit={(event) => void install(event)}>
      <label for="port">Port on the machine</label>
      <p class="quiet" id="port-help">
        Windows Admin Center listens there on the machine itself; nothing is opened to the network.
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
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p class="field-note fault" id="port-note" role="status">
        {fault && <Icon name="bad" tone="bad" />}
        {fault}
      </p>
      <KeysField keys={keys} wasInstalled={machine.certificate !== null} change={setKeys} />
      {machine.machineName !== null && (
        <div class="choice">
          <input
            id="new-name"
            type="checkbox"
            checked={newName}
            aria-describedby="new-name-note"
            onChange={(event) => setNewName(event.currentTarget.checked)}
          />
          <label for="new-name">Give the machine a new name in DNS</label>
          <p class="quiet" id="new-name-note">
            The old name and its certificate are withdrawn when its sessions have ended.
          </p>
        </div>
      )}
      {failure && <FailureCard failure={failure} about="Install" />}
      <div class="actions">
        <button type="submit" class="button primary large" aria-disabled={isBusy || missing !== undefined}>
          {missing ?? (isBusy ? 'Starting' : 'Install')}
        </button>
      </div>
    </form>
  );
}
