import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface ConfirmProps {
  title: string;
  /** The consequence in words, and what else is to be chosen. */
  children: ComponentChildren;
  confirmLabel: string;
  /** Nothing is taken away: the button is not marked as dangerous. */
  isHarmless?: boolean;
  cancelLabel?: string;
  confirm(): void;
  cancel(): void;
}

/** A modal question: the focus is kept inside by the browser, and goes back to where it was. */
export function Confirm(props: ConfirmProps) {
  const {
    title,
    children,
    confirmLabel,
    isHarmless = false,
    cancelLabel = 'Cancel',
    confirm,
    cancel,
  } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const { current } = dialog;
    const opener = document.activeElement;
    current?.showModal();
    return () => {
      current?.close();
      // It is out of the page by now, and then the browser gives the focus back to nobody.
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={heading} onCancel={cancel}>
      <h2 id={heading}>{title}</h2>
      {children}
      <div class="actions end">
        <button type="button" class={isHarmless ? 'button primary' : 'button danger'} onClick={confirm}>
          {confirmLabel}
        </button>
        <button type="button" class="button" autofocus onClick={cancel}>
          {cancelLabel}
        </button>
      </div>
    </dialog>
  );
}
