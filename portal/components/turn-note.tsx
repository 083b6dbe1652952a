import type { CertificateReply, MachineReply } from '../api/replies.ts';
import { formatAbsolute } from '../model/time.ts';
import { asSentence } from '../model/words.ts';
import { CancelOperation } from './cancel-operation.tsx';
import { Icon } from './icon.tsx';
import { TimeAgo } from './time-ago.tsx';

interface TurnNoteProps {
  plan: NonNullable<CertificateReply['plan']>;
  /** What waits, where somebody asked for it. */
  operation: MachineReply['operation'];
  canCancel: boolean;
  now: number;
  changed(): void;
}

const aheadWords = (ahead: number): string =>
  ahead === 0 ? 'Nobody goes before it.' : ahead === 1 ? 'One goes before it.' : `${ahead} go before it.`;

/** Until when a certificate waits for its turn at an authority, after whom, and why. */
export function TurnNote({ plan, operation, canCancel, now, changed }: TurnNoteProps) {
  const { authority, turnAt, ahead, reason } = plan;
  return (
    <div class="note">
      <Icon name="busy" tone="busy" />
      <span>
        <strong>
          Its turn at {authority} comes <TimeAgo at={turnAt} now={now} />
        </strong>
        , {formatAbsolute(turnAt)}. {aheadWords(ahead)} {asSentence(reason)}
      </span>
      {operation && canCancel && <CancelOperation {...operation} changed={changed} />}
    </div>
  );
}
