import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { verdictSentence } from '../model/audit-words.ts';
import { formatClock } from '../model/time.ts';
import { asSentence } from '../model/words.ts';
import { CopyButton } from './copy-button.tsx';
import { FailureCard } from './failure-card.tsx';
import { Icon } from './icon.tsx';

/** Whether the chain holds: checked when the page is opened, and again when asked. */
export function AuditBadge({ id, machine }: { id: string; machine: string | undefined }) {
  const { api } = usePortal();
  const { value, failure, reload } = useRemote(`verify ${id}`, async (signal) => ({
    verdict: await api.verifyAudit(id, signal),
    at: new Date().toISOString(),
  }));
  if (failure) return <FailureCard failure={failure} about="The check of the chain" retry={reload} />;
  const verdict = value?.verdict;
  const tone = verdict ? (verdict.intact ? 'good' : 'bad') : 'busy';
  const { head, broken } = verdict ?? {};
  return (
    <section
      class={broken ? 'card chain-check broken' : 'card chain-check'}
      aria-label="The chain of records"
    >
      <div class="verdict-row">
        <p class="verdict-sentence" role="status">
          <Icon name={tone} tone={tone} />
          {verdict ? verdictSentence(verdict) : 'Checking the chain of records'}
        </p>
        <button type="button" class="button" aria-disabled={!verdict} onClick={() => verdict && reload()}>
          Verify again
        </button>
      </div>
      {broken && (
        <p>
          {asSentence(broken.detail)} What comes after it cannot be relied on. Keep an export, and compare it
          with the last head that you noted.
        </p>
      )}
      {head && (
        <p class="quiet with-button head-line">
          <span>
            Head at {value && formatClock(value.at)}: record {head.sequence},{' '}
            <code>{head.mac.slice(0, 12)}…</code>
          </span>
          <CopyButton
            text={() => `${machine ?? id} ${head.sequence} ${head.mac} ${head.at}`}
            label="Copy the head, to be noted outside"
          />
        </p>
      )}
    </section>
  );
}
