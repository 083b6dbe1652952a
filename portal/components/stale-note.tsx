import type { Failure } from '../api/failure.ts';
import { Icon } from './icon.tsx';

/** Partial state: the last answer is shown, and the newest one did not come. */
export function StaleNote({ failure, retry }: { failure: Failure; retry: () => void }) {
  return (
    <div class="note" role="status">
      <Icon name="warning" tone="warning" />
      <span>
        What you see is the last answer. {failure.title} ({failure.code}, {failure.hop}).
      </span>
      <button type="button" class="button subtle" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
