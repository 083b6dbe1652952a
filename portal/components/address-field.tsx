import type { MachineAddress } from '../api/replies.ts';
import { Choice } from './choice.tsx';
import { Icon } from './icon.tsx';

interface AddressFieldProps {
  addresses: readonly MachineAddress[];
  port: number;
  chosen: string | null;
  choose(address: string): void;
  fault: string | undefined;
}

const openness = (isOpen: boolean | null, port: number) => {
  if (isOpen === null)
    return { icon: 'neutral', words: `Whether port ${port} is open is not known.` } as const;
  return isOpen
    ? ({ icon: 'good', words: `Port ${port} is open.` } as const)
    : ({ icon: 'warning', words: `Port ${port} is closed by the rules as they stand.` } as const);
};

/** Requirement 83: the person chooses the address; requirements 128-130: with what is to be known of each. */
export function AddressField({ addresses, port, chosen, choose, fault }: AddressFieldProps) {
  if (addresses.length === 0) {
    return (
      <p class="field-note">
        <Icon name="warning" tone="warning" />
        Azure knows no address of this machine. Give its network interface one, or connect through the proxy.
      </p>
    );
  }
  return (
    <fieldset class="choices" aria-describedby={fault === undefined ? undefined : 'address-fault'}>
      <legend>Which address</legend>
      {addresses.map(({ address, isPublic, isRecommended, isOpen, notes }) => {
        const { icon, words } = openness(isOpen, port);
        return (
          <Choice
            key={address}
            id={`address-${address}`}
            name="address"
            checked={address === chosen}
            change={() => choose(address)}
            title={
              <>
                <code>{address}</code> {isPublic ? 'public' : 'private'}
                {isRecommended && ' (recommended)'}
              </>
            }
          >
            <p class="with-icon">
              <Icon name={icon} tone={icon} />
              {words}
            </p>
            {notes.map((note) => (
              <p key={note}>{note}</p>
            ))}
          </Choice>
        );
      })}
      {fault && (
        <p class="field-note fault" id="address-fault" role="status">
          <Icon name="bad" tone="bad" />
          {fault}
        </p>
      )}
    </fieldset>
  );
}
