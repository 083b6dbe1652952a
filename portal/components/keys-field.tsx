import type { KeyCustody } from '../api/replies.ts';
import { custodies } from '../model/certificate-words.ts';

interface KeysFieldProps {
  /** Undefined: as it was, and Key Vault for the first time. */
  keys: KeyCustody | undefined;
  /** There was a certificate before, so that `as it was` means something. */
  wasInstalled: boolean;
  change(keys: KeyCustody | undefined): void;
}

interface Choice {
  keys: KeyCustody | undefined;
  title: string;
  note: string;
}

const choicesFor = (wasInstalled: boolean): Choice[] => {
  const { vault, machine } = custodies;
  const byMachine = { keys: 'machine' as const, title: machine.holder, note: machine.tradeOff };
  return wasInstalled
    ? [
        { keys: undefined, title: 'As it was', note: 'Whoever held it before holds it again.' },
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
      {choicesFor(wasInstalled).map((choice) => {
        const id = `keys-${choice.keys ?? 'usual'}`;
        return (
          <div key={id} class="choice">
            <input
              id={id}
              type="radio"
              name="keys"
              checked={choice.keys === keys}
              aria-describedby={`${id}-note`}
              onChange={() => change(choice.keys)}
            />
            <label for={id}>{choice.title}</label>
            <p class="quiet" id={`${id}-note`}>
              {choice.note}
            </p>
          </div>
        );
      })}
    </fieldset>
  );
}
