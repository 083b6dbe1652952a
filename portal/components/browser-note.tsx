import { useState } from 'preact/hooks';
import { browserWords, isSupportedBrowser } from '../model/browser.ts';
import { Icon } from './icon.tsx';

let isDismissed = false;

/** Requirement 23: another browser is told so, and nothing is kept from it. */
export function BrowserNote() {
  const [isShown, setShown] = useState(() => !isDismissed && !isSupportedBrowser(browserWords()));
  if (!isShown) return null;
  const dismiss = () => {
    isDismissed = true;
    setShown(false);
  };
  return (
    <section class="note" aria-label="Browser">
      <Icon name="warning" tone="warning" />
      <span>
        <strong>This browser is not supported.</strong> Microsoft Edge and Google Chrome are. You may go on,
        but what does not work here is not looked into.
      </span>
      <button type="button" class="button" onClick={dismiss}>
        Go on anyway
      </button>
    </section>
  );
}
