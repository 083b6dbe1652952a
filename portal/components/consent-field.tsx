import { asSentence } from '../model/words.ts';
import { Choice } from './choice.tsx';
import { Icon } from './icon.tsx';

interface ConsentFieldProps {
  /** What was found on the machine, where that is known. */
  found: string | undefined;
  /** In the service's own words, where it has said so. */
  lost: string | undefined;
  consent: boolean;
  change(consent: boolean): void;
}

const usuallyLost =
  'The Windows Admin Center on this machine then manages this machine alone: its list of other servers, its registration with Azure and its access settings are lost.';

/** Requirement 54: what is there already goes only when somebody who knows what is lost agrees. */
export function ConsentField({ found, lost = usuallyLost, consent, change }: ConsentFieldProps) {
  return (
    <div class="note consent" role="alert">
      <Icon name="warning" tone="warning" />
      <div class="consent-body">
        <p>
          <strong>A Windows Admin Center that was installed by hand is on this machine.</strong>{' '}
          {found && asSentence(found)}
        </p>
        <Choice
          id="consent"
          title="Replace it: I know that it cannot be brought back"
          checked={consent}
          change={change}
        >
          {lost}
        </Choice>
      </div>
    </div>
  );
}
