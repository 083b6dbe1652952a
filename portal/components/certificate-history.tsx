import type { CertificateReply } from '../api/replies.ts';
import { eventSentence, readableDetail } from '../model/certificate-words.ts';
import { TimeAgo } from './time-ago.tsx';

/** What happened to a machine's certificates, the newest first. */
export function CertificateHistory({ history, now }: { history: CertificateReply['history']; now: number }) {
  if (history.length === 0) return null;
  return (
    <details class="history">
      <summary>
        History ({history.length} {history.length === 1 ? 'entry' : 'entries'})
      </summary>
      <ol class="history-list">
        {history.map(({ at, event, detail }, index) => (
          <li key={`${at} ${index}`}>
            <TimeAgo at={at} now={now} />
            <span>
              {eventSentence(event)}
              {detail && (
                <span class="second" title={detail}>
                  {readableDetail(detail)}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
