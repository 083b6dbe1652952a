import type { OperationReply } from '../api/replies.ts';
import { operationState } from '../model/operation.ts';
import { formatAbsolute } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { CancelOperation } from './cancel-operation.tsx';
import { Icon } from './icon.tsx';
import { TimeAgo } from './time-ago.tsx';

interface SuspensionNoteProps {
  operation: OperationReply;
  now: number;
  changed(): void;
}

/** An operation that neither runs nor has failed: when it goes on, by itself, and how to take it back. */
export function SuspensionNote({ operation, now, changed }: SuspensionNoteProps) {
  const { resumesAt, machineId, error, id, kind } = operation;
  const state = operationState(operation, now);
  const date = resumesAt && (
    <>
      {formatAbsolute(resumesAt)} (<TimeAgo at={resumesAt} now={now} />)
    </>
  );
  switch (state) {
    case 'waiting':
      return (
        <div class="note">
          <Icon name="busy" tone="busy" />
          <span>
            <strong>It goes on by itself at {date}.</strong> Until then it waits for its turn at the
            certificate authority; nothing is to be done.
          </span>
          <CancelOperation id={id} kind={kind} changed={changed} />
        </div>
      );
    case 'postponed':
      return (
        <div class="note">
          <Icon name="busy" tone="busy" />
          <span>
            <strong>{date ? <>It goes on by itself at {date}.</> : 'It goes on by itself.'}</strong>
            {error && ` ${error.title}: ${error.detail}.`} The machine’s page shows how it stands.
          </span>
          <Link to={addresses.machine(machineId)} class="button">
            Show the machine
          </Link>
        </div>
      );
    case 'cancelled':
      return (
        <div class="note">
          <Icon name="neutral" tone="neutral" />
          <span>
            {kind === 'install'
              ? 'It was cancelled before its turn came, and what it made is undone. Install again at any time.'
              : kind === 'repair'
                ? 'It was cancelled before its turn came. Repair or install again to get the extension back.'
                : 'It was cancelled before its turn came. The machine keeps the certificate that it has.'}
          </span>
          <Link to={addresses.machine(machineId)} class="button">
            Show the machine
          </Link>
        </div>
      );
    default:
      return null;
  }
}
