import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

const words = {
  idle: '',
  copied: 'Copied.',
  refused: 'The browser does not allow copying here: select the text instead.',
} as const;

/** `label` says what is copied. Says by itself how it went: it is also shown where nobody is signed in. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [state, setState] = useState<keyof typeof words>('idle');
  const copy = async () => {
    setState(
      await navigator.clipboard.writeText(text()).then(
        () => 'copied' as const,
        () => 'refused' as const,
      ),
    );
    setTimeout(() => setState('idle'), 4000);
  };
  return (
    <>
      <button
        type="button"
        class="button subtle"
        aria-label={label}
        title={label}
        onClick={() => void copy()}
      >
        <Icon name={state === 'copied' ? 'good' : 'copy'} />
        <span class="copy-word">{state === 'copied' ? 'Copied' : 'Copy'}</span>
      </button>
      <span class={state === 'refused' ? 'quiet' : 'visually-hidden'} role="status">
        {words[state]}
      </span>
    </>
  );
}
