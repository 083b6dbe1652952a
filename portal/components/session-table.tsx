import type { ListedSession } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { serviceNames } from '../model/service.ts';
import { formatAbsolute, formatBytes, formatSpan } from '../model/time.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { AskedButton } from './asked-button.tsx';
import { FailureCard } from './failure-card.tsx';

interface SessionTableProps {
  sessions: readonly ListedSession[];
  /** Across machines each row names its own. */
  namesMachine?: boolean;
  changed(): void;
}

function Traffic({ session: { usage } }: { session: ListedSession }) {
  if (!usage) return <span class="quiet">not counted yet</span>;
  const { bytesDown, bytesUp, connections } = usage;
  return (
    <>
      <span class="line traffic">
        {formatBytes(bytesDown)} down, {formatBytes(bytesUp)} up
      </span>
      <span class="second">
        {connections} {connections === 1 ? 'connection' : 'connections'}
      </span>
    </>
  );
}

function Origin({ session: { from, leaseId, machineId } }: { session: ListedSession }) {
  return (
    <>
      <span class="line wrapping">{from ?? <span class="quiet">not known</span>}</span>
      {leaseId && <Link to={addresses.lease(machineId, leaseId)}>by a lease</Link>}
    </>
  );
}

interface RowProps extends Pick<SessionTableProps, 'changed'> {
  session: ListedSession;
  namesMachine: boolean;
  now: number;
}

function Row({ session, namesMachine, now, changed }: RowProps) {
  const { api, announce } = usePortal();
  const { isBusy, failure, run } = useAction();
  const { machineId, machine, sessionId, user, service, createdAt, expiresAt, isOwn, state, mayEnd, usage } =
    session;
  const cut = () =>
    run(async () => {
      try {
        await api.endSession(machineId, sessionId);
        announce(`The session of ${user.name} is cut.`);
      } finally {
        changed();
      }
    });
  return (
    <>
      <tr>
        <th scope="row">
          <strong class="wrapping">{user.name}</strong>
          <span class="second">
            {isOwn && 'you, '}
            {serviceNames[service]}
            {state === 'opening' && ', opening'}
          </span>
          {namesMachine && (
            <span class="second narrow-only">
              on <Link to={addresses.machineSessions(machineId)}>{machine}</Link>
            </span>
          )}
        </th>
        {namesMachine && (
          <td class="middle-up">
            <Link to={addresses.machineSessions(machineId)} class="wrapping">
              {machine}
            </Link>
          </td>
        )}
        <td>
          <span class="line" title={`Since ${formatAbsolute(createdAt)}`}>
            {formatSpan(Math.max(0, now - Date.parse(createdAt)))}
          </span>
          <span class="second" title={formatAbsolute(expiresAt)}>
            {formatSpan(Math.max(0, Date.parse(expiresAt) - now))} left
          </span>
          {usage && (
            <span class="second narrow-only">
              {formatBytes(usage.bytesDown)} down, {formatBytes(usage.bytesUp)} up
            </span>
          )}
        </td>
        <td class="middle-up">
          <Traffic session={session} />
        </td>
        <td class="wide-only">
          <Origin session={session} />
        </td>
        <td class="row-action">
          {mayEnd ? (
            <AskedButton
              label={
                <>
                  {isOwn ? 'End' : 'Cut'}
                  <span class="visually-hidden">
                    {' '}
                    the session of {user.name} on {machine}
                  </span>
                </>
              }
              isTerse
              question={isOwn ? 'End your session?' : `Cut ${user.name}?`}
              confirmLabel={isOwn ? 'End it' : 'Cut now'}
              isBusy={isBusy}
              busyLabel={isOwn ? 'Ending' : 'Cutting'}
              confirm={cut}
            />
          ) : (
            <span class="visually-hidden">You may not end it</span>
          )}
        </td>
      </tr>
      {failure && (
        <tr class="why">
          <td colSpan={namesMachine ? 6 : 5}>
            <FailureCard failure={failure} about={`Session of ${user.name}`} />
          </td>
        </tr>
      )}
    </>
  );
}

/** Who is on now; durations move with the clock. */
export function SessionTable({ sessions, namesMachine = false, changed }: SessionTableProps) {
  const now = useNow(1000);
  return (
    <table class="table compact sessions">
      <caption class="visually-hidden">Live sessions</caption>
      <thead>
        <tr>
          <th scope="col">Who</th>
          {namesMachine && (
            <th scope="col" class="middle-up">
              Machine
            </th>
          )}
          <th scope="col" class="on-for">
            On for
          </th>
          <th scope="col" class="middle-up">
            Traffic
          </th>
          <th scope="col" class="wide-only">
            From
          </th>
          <th scope="col" class="row-action">
            <span class="visually-hidden">Action</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <Row
            key={session.sessionId}
            session={session}
            namesMachine={namesMachine}
            now={now}
            changed={changed}
          />
        ))}
      </tbody>
    </table>
  );
}
