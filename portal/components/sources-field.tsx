import { isEverybody, readSources, withSource } from '../model/sources.ts';
import { Choice } from './choice.tsx';
import { Icon } from './icon.tsx';

interface SourcesFieldProps {
  text: string;
  openToAnyone: boolean;
  port: number;
  isPublic: boolean;
  /** The caller's own address, as the service sees it. */
  yourAddress: string | null;
  fault: string | undefined;
  change(part: { sourcesText?: string; openToAnyone?: boolean }): void;
}

function Advice({ text, fault }: { text: string; fault: string | undefined }) {
  const read = readSources(text);
  const opensAll = read.fault === undefined && read.sources.some(isEverybody);
  const tone = fault ? 'bad' : 'warning';
  return (
    <p class={fault ? 'field-note fault' : 'field-note'} id="sources-note" role="status">
      {(fault || opensAll) && <Icon name={tone} tone={tone} />}
      {fault ?? (opensAll ? 'A network of /0 is every address there is.' : '')}
    </p>
  );
}

/** Who is let in by a rule: nobody new, these addresses (132, 135, 136), or everybody (133). */
export function SourcesField(props: SourcesFieldProps) {
  const { text, openToAnyone, port, isPublic, yourAddress, fault, change } = props;
  return (
    <fieldset class="choices">
      <legend>Who may reach port {port}</legend>
      {!openToAnyone && (
        <div class="field">
          <label for="sources">Addresses and networks that are let in</label>
          <p class="quiet" id="sources-help">
            {isPublic
              ? 'Enter the computers that manage this machine and no others: that is the best protection of a public address.'
              : 'A private address usually needs no rule. Where one is needed, let in only the computers that manage this machine.'}{' '}
            Separate several with commas. Empty: no rule is made or changed.
          </p>
          <div class="input-row">
            <input
              id="sources"
              class="input"
              autocomplete="off"
              spellcheck={false}
              placeholder="198.51.100.7, 203.0.113.0/24"
              aria-describedby="sources-help sources-note"
              aria-invalid={fault !== undefined}
              value={text}
              onInput={(event) => change({ sourcesText: event.currentTarget.value })}
            />
            {isPublic && yourAddress !== null && (
              <button
                type="button"
                class="button"
                onClick={() => change({ sourcesText: withSource(text, yourAddress) })}
              >
                Use my address
              </button>
            )}
          </div>
          <p class="quiet">
            {!isPublic ? (
              'The machine sees this computer by the address that its VPN or network gives it.'
            ) : yourAddress === null ? (
              'The service does not see your public address. It is the one that your network shows to the internet.'
            ) : (
              <>
                This service sees you as <code>{yourAddress}</code>. Through a VPN the machine may see another
                address.
              </>
            )}
          </p>
          <Advice text={text} fault={fault} />
        </div>
      )}
      <Choice
        id="open-to-anyone"
        title="Open this port for me"
        checked={openToAnyone}
        change={(checked) => change({ openToAnyone: checked })}
      >
        <p>To every address, for trying out only.</p>
        {openToAnyone && (
          <p class="with-icon warned" role="status">
            <Icon name="warning" tone="warning" />
            <span>
              <strong>
                {isPublic ? 'The whole internet' : 'Everybody who reaches the network'} can then knock at port{' '}
                {port}.
              </strong>{' '}
              Enter the addresses of your computers instead as soon as you know them.
            </span>
          </p>
        )}
      </Choice>
    </fieldset>
  );
}
