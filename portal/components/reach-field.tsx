import type { AddressesReply, MachineReply } from '../api/replies.ts';
import type { Remote } from '../hooks/remote.ts';
import type { ChoiceFaults, InstallChoices } from '../model/install-choices.ts';
import { AddressField } from './address-field.tsx';
import { Choice } from './choice.tsx';
import { FailureCard } from './failure-card.tsx';
import { Skeleton } from './skeleton.tsx';
import { SourcesField } from './sources-field.tsx';

interface ReachFieldProps {
  machine: MachineReply;
  choices: InstallChoices;
  change(part: Partial<InstallChoices>): void;
  /** Asked for once direct mode is chosen. */
  found: Remote<AddressesReply>;
  faults: ChoiceFaults;
}

function Direct({ choices, change, found: { value, failure, reload }, faults }: ReachFieldProps) {
  const { address, sourcesText, openToAnyone } = choices;
  if (!value)
    return failure ? (
      <FailureCard failure={failure} about="Addresses of the machine" retry={reload} />
    ) : (
      <Skeleton lines={3} label="Reading the addresses of the machine" />
    );
  const chosen = value.value.find((one) => one.address === address);
  return (
    <div class="nested">
      <AddressField
        addresses={value.value}
        port={value.port}
        chosen={address ?? null}
        choose={(next) => change({ address: next })}
        fault={faults.address}
      />
      {chosen && (
        <SourcesField
          text={sourcesText}
          openToAnyone={openToAnyone}
          port={value.port}
          isPublic={chosen.isPublic}
          yourAddress={value.yourAddress}
          fault={faults.sources}
          change={change}
        />
      )}
    </div>
  );
}

/** Through the proxy, or straight to an address of a virtual machine in Azure (requirements 83 and 128-136). */
export function ReachField(props: ReachFieldProps) {
  const { choices, change, machine } = props;
  const isDirect = choices.address !== undefined;
  return (
    <>
      <fieldset class="choices">
        <legend>How browsers reach it</legend>
        <Choice
          id="reach-proxy"
          name="reach"
          title="Through the proxy (recommended)"
          checked={!isDirect}
          change={() => change({ address: undefined })}
        >
          The machine connects outwards by itself. No port is opened, and it is reached from everywhere.
        </Choice>
        <Choice
          id="reach-direct"
          name="reach"
          title="Directly, at one of its addresses"
          checked={isDirect}
          change={() => change({ address: machine.reach.mode === 'direct' ? machine.reach.address : null })}
        >
          Past the proxy. The workstation has to reach the address, by a VPN for example, and the address is
          published in DNS.
        </Choice>
      </fieldset>
      {isDirect && <Direct {...props} />}
    </>
  );
}
