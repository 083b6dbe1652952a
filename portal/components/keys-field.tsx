import type { KeyCustody } from '../api/replies.ts';
import { custodies } from '../model/certificate-words.ts';
import { Choice } from './choice.tsx';

interface KeysFieldProps {
  /** Undefined: as it was, and Key Vault for the first time. */
  keys: KeyCustody | undefined;
  /** There was a certificate before, so that `as it was` means something. */
  wasInstalled: boolean;
  change(keys: KeyCustody | undefined): void;
}

interface Custody {
  keys: KeyCustody | undefined;
  title: string;
  note: string;
}

const custodiesFor = (wasInstalled: boolean): Custody[] => {
  const { vault, machine } = custodies;
  const byMachine = { keys: 'machine' as const, title: machine.holder, note: machine.tradeOff };
  return wasInstalled
    ? [
        {
          keys: undefined,
          title: 'As it was',
          note: 'Whoever held it before holds it again; where nobody did, Key Vault does.',
        },
        { keys: 'vault', title: vault.holder, note: vault.tradeOff },
        byMachine,
      ]
    : [{ keys: undefined, title: `${vault.holder} (usual)`, note: vault.tradeOff }, byMachine];
};

/** Who is to hold the private key, with what speaks for and against each. */
export function KeysField({ keys, wasInstalled, change }: KeysFieldProps) {
  return (
    <fieldset class="choices">
      <legend>Who holds the private key</legend>
      {custodiesFor(wasInstalled).map((custody) => (
        <Choice
          key={custody.keys ?? 'usual'}
          id={`keys-${custody.keys ?? 'usual'}`}
          name="keys"
          title={custody.title}
          checked={custody.keys === keys}
          change={() => change(custody.keys)}
        >
          {custody.note}
        </Choice>
      ))}
    </fieldset>
  );
}
