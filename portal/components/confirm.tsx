import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface ConfirmProps {
  title: string;
  /** The consequence in words. */
  children: ComponentChildren;
  confirmLabel: string;
  confirm(): void;
  cancel(): void;
}

/** A modal question: the focus is kept inside by the browser and goes back to where it was. */
export function Confirm({ title, children, confirmLabel, confirm, cancel }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={heading} onCancel={cancel}>
      <h2 id={heading}>{title}</h2>
      {children}
      <div class="actions end">
        <button type="button" class="button danger" onClick={confirm}>
          {confirmLabel}
        </button>
        <button type="button" class="button" autofocus onClick={cancel}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
