import type { ComponentChildren } from 'preact';

interface ChoiceProps {
  id: string;
  /** Radio buttons of one name exclude each other; a choice without a name stands alone. */
  name?: string;
  title: ComponentChildren;
  checked: boolean;
  change(checked: boolean): void;
  /** What speaks for and against it. */
  children: ComponentChildren;
}

/** One thing that can be chosen, with its note below it. */
export function Choice({ id, name, title, checked, change, children }: ChoiceProps) {
  return (
    <div class="choice">
      <input
        id={id}
        type={name === undefined ? 'checkbox' : 'radio'}
        {...(name !== undefined && { name })}
        checked={checked}
        aria-describedby={`${id}-note`}
        onChange={(event) => change(event.currentTarget.checked)}
      />
      <label for={id}>{title}</label>
      <div class="quiet choice-note" id={`${id}-note`}>
        {children}
      </div>
    </div>
  );
}
