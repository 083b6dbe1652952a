import { useState } from 'preact/hooks';
import type { Extension, MachineReply } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useLast, useSettled } from '../hooks/settled.ts';
import { chosenAddress, faultsOf, firstChoices, wishesOf } from '../model/install-choices.ts';
import { obstacleOf } from '../model/obstacle.ts';
import { defaultPort, readPort } from '../model/port.ts';
import { addresses, type InstallPrefill } from '../navigation/routes.ts';
import { ConsentField } from './consent-field.tsx';
import { FailureCard } from './failure-card.tsx';
import { InstallForm } from './install-form.tsx';
import { Outlook } from './outlook.tsx';
import { ReachField } from './reach-field.tsx';
import { Requirements } from './requirements.tsx';
import { Skeleton } from './skeleton.tsx';

interface InstallDeskProps {
  machine: MachineReply;
  /** What the platform has of it; others may have installed it. */
  extension: Extension | undefined;
  prefill: InstallPrefill;
}

/** Nobody asks Azure where no address is wanted; the value comes once direct mode is chosen. */
function useAddresses(id: string, port: number, isWanted: boolean) {
  const { api } = usePortal();
  const found = useRemote(`addresses ${id} ${isWanted ? port : ''}`, async (signal) =>
    isWanted ? api.addresses(id, port, signal) : undefined,
  );
  return { ...found, value: useLast(found.value) };
}

/** The requirements beside the choices: what is chosen is judged at once, and nothing is sent before it is. */
export function InstallDesk({ machine, extension, prefill }: InstallDeskProps) {
  const { api, announce } = usePortal();
  const { id } = machine;
  const [choices, setChoices] = useState(() => firstChoices(machine, extension, prefill));
  const change = (part: Partial<typeof choices>) => setChoices((last) => ({ ...last, ...part }));
  const [round, setRound] = useState(0);
  const { isBusy, failure, run } = useAction();

  const { address } = choices;
  const settled = useSettled(readPort(choices.portText).port);
  const port = settled ?? machine.extension.port ?? defaultPort;
  const found = useAddresses(id, port, address !== undefined);
  const made = { ...choices, address: chosenAddress(address, found.value?.value ?? []) };
  const direct = made.address ?? undefined;
  const intent = direct === undefined ? {} : { direct, port };
  const judged = useRemote(`preconditions ${id} ${JSON.stringify(intent)} ${round}`, (signal) =>
    api.preconditions(id, intent, signal),
  );
  const shown = useLast(judged.value);

  const refusal = failure?.code === 'consent_required' ? failure : undefined;
  const isManual = machine.manualInstallation !== null || refusal !== undefined;
  const faults = faultsOf(made);
  const isStale = direct !== undefined && port !== readPort(choices.portText).port;
  const obstacle = obstacleOf({
    machine,
    faults,
    preconditions: isStale ? undefined : judged.value,
    needsConsent: isManual && !choices.consent,
  });
  const wishes = wishesOf(made, machine);

  const recheck = () => setRound((last) => last + 1);
  const send = () => {
    if (!wishes) return;
    run(async (go) => {
      try {
        const { operation } = await api.install(id, wishes);
        const { keys, direct: to } = wishes;
        go(
          addresses.operation(operation.id, {
            port: wishes.port,
            keys,
            ...(to && { direct: to.address, sources: to.sources?.join(',') }),
          }),
        );
      } catch (error) {
        // What was shown may have changed.
        recheck();
        throw error;
      }
    });
  };

  return (
    <div class="cards desk">
      <section class="card" aria-labelledby="requirements-heading" aria-busy={!judged.value}>
        <div class="title-row">
          <h2 id="requirements-heading">Requirements</h2>
          <button
            type="button"
            class="button"
            aria-disabled={!judged.value && !judged.failure}
            onClick={() => {
              announce('Checking the requirements again.');
              recheck();
            }}
          >
            Check again
          </button>
        </div>
        {judged.failure && <FailureCard failure={judged.failure} about="Requirements" retry={recheck} />}
        {shown ? (
          <Requirements preconditions={shown.preconditions} isStale={!judged.value && !judged.failure} />
        ) : (
          !judged.failure && <Skeleton lines={4} label="Checking the requirements" />
        )}
      </section>
      <section class="card" aria-labelledby="settings-heading">
        <h2 id="settings-heading">Settings</h2>
        <InstallForm
          machine={machine}
          choices={choices}
          change={change}
          faults={faults}
          obstacle={obstacle}
          isBusy={isBusy}
          send={send}
          reach={
            machine.kind === 'azure-vm' && (
              <ReachField machine={machine} choices={made} change={change} found={found} faults={faults} />
            )
          }
        >
          {wishes && (
            <Outlook
              machine={machine}
              wishes={wishes}
              isPublic={found.value?.value.find((one) => one.address === made.address)?.isPublic}
            />
          )}
          {isManual && (
            <ConsentField
              found={machine.manualInstallation?.found ?? refusal?.detail}
              lost={refusal?.lost}
              consent={choices.consent}
              change={(consent) => change({ consent })}
            />
          )}
          {failure && !refusal && <FailureCard failure={failure} about="Install" />}
        </InstallForm>
      </section>
    </div>
  );
}
