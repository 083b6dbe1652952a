import type { CertificateReply } from '../api/replies.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';
import { TimeAgo } from './time-ago.tsx';

/** What did not work the last time. The service tries again by itself, so this is no alarm. */
export function LastTry({
  failure,
  now,
}: {
  failure: NonNullable<CertificateReply['failure']>;
  now: number;
}) {
  const { at, count, title, detail, remedy, code, hop } = failure;
  return (
    <div class="note quiet-note">
      <Icon name="warning" tone="warning" />
      <span>
        <strong>{count === 1 ? 'The last try' : `The last of ${count} tries`}</strong>,{' '}
        <TimeAgo at={at} now={now} />: {asSentence(title)}{' '}
        <span class="second">
          {asSentence(detail)} {asSentence(remedy)} <code>{code}</code>, {hop}
        </span>
      </span>
    </div>
  );
}
