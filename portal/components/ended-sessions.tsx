import { useState } from 'preact/hooks';
import type { ListedSession } from '../api/replies.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { serviceNames } from '../model/service.ts';
import { endSentence, isLive } from '../model/session-words.ts';
import { formatBytes, formatSpan } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { FailureCard } from './failure-card.tsx';
import { Skeleton } from './skeleton.tsx';
import { TimeAgo } from './time-ago.tsx';

interface EndedSessionsProps {
  machineId?: string;
  now: number;
}

/** Milliseconds between two looks, while it is unfolded. */
const everyMs = 15_000;
/** Rows that are shown unless all are asked for. */
const usualRows = 100;

const endedAt = ({ end, expiresAt }: ListedSession): string => end?.at ?? expiresAt;

function Ended({
  session,
  now,
  namesMachine,
}: {
  session: ListedSession;
  now: number;
  namesMachine: boolean;
}) {
  const { user, machine, machineId, service, createdAt, usage } = session;
  const lasted = formatSpan(Math.max(0, Date.parse(endedAt(session)) - Date.parse(createdAt)));
  return (
    <li>
      <TimeAgo at={endedAt(session)} now={now} isPast />
      <span class="wrapping">
        <strong>{user.name}</strong>
        {namesMachine && (
          <>
            {' '}
            on <Link to={addresses.machineSessions(machineId)}>{machine}</Link>
          </>
        )}
        : {endSentence(session)}
        <span class="second">
          {serviceNames[service]}, {lasted}
          {usage && `, ${formatBytes(usage.bytesDown)} down, ${formatBytes(usage.bytesUp)} up`}
        </span>
      </span>
    </li>
  );
}

function List({ machineId, now }: EndedSessionsProps) {
  const { api } = usePortal();
  const [isWhole, setWhole] = useState(false);
  const { value, failure, reload } = useRemote(
    `ended ${machineId}`,
    async (signal) => (await api.recentSessions(machineId, signal)).filter((session) => !isLive(session)),
    () => everyMs,
  );
  if (failure && !value) return <FailureCard failure={failure} about="Ended sessions" retry={reload} />;
  if (!value) return <Skeleton lines={2} label="Reading the ended sessions" />;
  if (value.length === 0) return <p class="quiet">None ended within the last 24 hours.</p>;
  const shown = isWhole ? value : value.slice(0, usualRows);
  return (
    <>
      <ol class="history-list">
        {shown.map((session) => (
          <Ended key={session.sessionId} session={session} now={now} namesMachine={machineId === undefined} />
        ))}
      </ol>
      {shown.length < value.length && (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          Show all {value.length}
        </button>
      )}
    </>
  );
}

/** Those of the last day, folded: asked for when they are unfolded. */
export function EndedSessions(props: EndedSessionsProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="history more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Ended in the last 24 hours</summary>
      {isOpen && <List {...props} />}
    </details>
  );
}
