import type { Connect } from '../hooks/connect.ts';
import { formatClock, formatRelative } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { FailureCard } from './failure-card.tsx';
import { Icon } from './icon.tsx';
import { SessionTroubles } from './session-troubles.tsx';

interface SessionNoteProps {
  connect: Connect;
  now: number;
  /** Name of the machine by its id, where one list has many. */
  nameOf(machineId: string): string;
  /** The address that the tab goes straight to, where it does. */
  direct?: string | undefined;
  retry(machineId: string): void;
  /** Where the request for a lease can be opened in place. */
  askForLease?: (() => void) | undefined;
}

/** How the last Connect went: until when the session lives, or the hop that fails. */
export function SessionNote(props: SessionNoteProps) {
  const { connect, now, nameOf, retry, direct, askForLease } = props;
  const { connection, reopen, end } = connect;
  if (connection.state === 'failed') {
    const { failure, machineId } = connection;
    return (
      <FailureCard
        failure={failure}
        about={`Connect to ${nameOf(machineId)}`}
        retryLabel="Connect again"
        retry={failure.retryable ? () => retry(machineId) : undefined}
      >
        {failure.code === 'lease_required' &&
          (askForLease ? (
            <button type="button" class="button primary" onClick={askForLease}>
              Request a lease
            </button>
          ) : (
            <Link to={addresses.machineAccess(machineId)} class="button primary">
              Request a lease
            </Link>
          ))}
      </FailureCard>
    );
  }
  if (connection.state !== 'open') return null;
  const { session, machineId } = connection;
  const isOver = Date.parse(session.expiresAt) <= now;
  if (isOver) {
    return (
      <div class="note">
        <Icon name="neutral" />
        <span>The session on {nameOf(machineId)} has ended. Connect again for a new one.</span>
      </div>
    );
  }
  return (
    <div class="note">
      <Icon name="good" tone="good" />
      <span>
        {session.blockedUrl ? (
          <>
            The browser blocked the new tab. The link opens once, within a minute:{' '}
            <a href={session.blockedUrl} target="_blank" rel="noopener noreferrer">
              open {nameOf(machineId)}
            </a>
            .{' '}
          </>
        ) : (
          <>The session on {nameOf(machineId)} is open in its own tab. </>
        )}
        It lives until {formatClock(session.expiresAt)} ({formatRelative(session.expiresAt, now)}).{' '}
        {session.advice}
        <SessionTroubles session={session} direct={direct} />
      </span>
      <span class="actions">
        <button type="button" class="button subtle" onClick={() => reopen(session)}>
          Open another tab
        </button>
        <button type="button" class="button subtle" onClick={() => void end(session)}>
          End session
        </button>
      </span>
    </div>
  );
}
