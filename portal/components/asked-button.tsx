import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useFocusOnOpen } from '../hooks/focus-on-open.ts';

interface Answers {
  /** What happens, in a few words. */
  question: string;
  /** In a row, where it is clear what is meant, the question is only read out. */
  isTerse?: boolean;
  confirmLabel: string;
  confirm(): void;
}

interface AskedButtonProps extends Answers {
  label: ComponentChildren;
  isBusy: boolean;
  busyLabel: string;
}

/** The focus goes to the answer that changes nothing: a key that is held down does not cut. */
function Question({ question, isTerse = false, confirmLabel, confirm, close }: Answers & { close(): void }) {
  const keep = useFocusOnOpen<HTMLButtonElement>();
  return (
    <span
      class="asked"
      role="group"
      aria-label={question}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      {!isTerse && <span aria-hidden="true">{question}</span>}
      <button
        type="button"
        class="button danger"
        onClick={() => {
          close();
          confirm();
        }}
      >
        {confirmLabel}
      </button>
      <button ref={keep} type="button" class="button" onClick={close}>
        Keep
      </button>
    </span>
  );
}

/** A button whose question stands in its own place: for what is done in a moment and asks for no reading. */
export function AskedButton({ label, isBusy, busyLabel, ...answers }: AskedButtonProps) {
  const [isAsking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  useLayoutEffect(() => {
    if (wasAsking.current && !isAsking) button.current?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);
  if (isAsking) return <Question {...answers} close={() => setAsking(false)} />;
  return (
    <button
      ref={button}
      type="button"
      class="button"
      aria-disabled={isBusy}
      onClick={() => !isBusy && setAsking(true)}
    >
      {isBusy ? busyLabel : label}
    </button>
  );
}
