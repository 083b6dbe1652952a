import { CopyButton } from './copy-button.tsx';
import { Words } from './words.tsx';

interface MendProps {
  mend: { sentence: string; commands: readonly string[] };
}

/** What to do about it, with commands to copy. */
export function Mend({ mend: { sentence, commands } }: MendProps) {
  return (
    <div class="mend">
      <p>
        <strong>What to do:</strong> <Words text={sentence} />
      </p>
      {commands.map((command) => (
        <div key={command} class="command">
          <pre tabIndex={0}>
            <code>{command}</code>
          </pre>
          <CopyButton text={() => command} label="Copy the command" />
        </div>
      ))}
    </div>
  );
}
