import { useState } from 'preact/hooks';
import { usePortal } from '../hooks/portal.ts';
import { Icon } from './icon.tsx';

/** `label` says what is copied. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const { announce } = usePortal();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
      announce('Copied.');
      setTimeout(() => setCopied(false), 2000);
    } catch {
      announce('The browser does not allow copying here: select the text instead.');
    }
  };
  return (
    <button type="button" class="button subtle" aria-label={label} title={label} onClick={() => void copy()}>
      <Icon name={isCopied ? 'good' : 'copy'} />
      <span class="copy-word">{isCopied ? 'Copied' : 'Copy'}</span>
    </button>
  );
}
