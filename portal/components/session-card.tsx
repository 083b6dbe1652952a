import { useRef } from 'preact/hooks';
import { useAction } from '../hooks/action.ts';
import { useLiveSessions } from '../hooks/live-sessions.ts';
import { usePortal } from '../hooks/portal.ts';
import { sessionCount } from '../model/session-words.ts';
import { AskedButton } from './asked-button.tsx';
import { EndedSessions } from './ended-sessions.tsx';
import { FailureCard } from './failure-card.tsx';
import { SessionTable } from './session-table.tsx';
import { Skeleton } from './skeleton.tsx';
import { StaleNote } from './stale-note.tsx';

interface SessionCardProps {
  /** Absent for all machines. */
  machineId?: string;
  machine?: string;
  now: number;
  /** Beside the machine's other facts nothing is said of an empty list. */
  isBrief?: boolean;
}

function CutAll({
  machineId,
  count,
  changed,
}: {
  machineId: string;
  count: number;
  changed(said: string): void;
}) {
  const { api } = usePortal();
  const { isBusy, failure, run } = useAction();
  const cutAll = () =>
    run(async () => {
      const ended = await api.endAllSessions(machineId);
      changed(ended === 1 ? 'One session is cut.' : `${ended} sessions are cut.`);
    });
  return (
    <>
      <AskedButton
        label="Cut all"
        question={`Cut all ${count} at once?`}
        confirmLabel="Cut all now"
        isBusy={isBusy}
        busyLabel="Cutting"
        confirm={cutAll}
      />
      {failure && <FailureCard failure={failure} about="Cut all" />}
    </>
  );
}

/** Who is on now, looked at again by itself. */
export function SessionCard({ machineId, machine, now, isBrief = false }: SessionCardProps) {
  const { announce } = usePortal();
  const { value, failure, reload } = useLiveSessions(machineId);
  const heading = useRef<HTMLHeadingElement>(null);
  if (isBrief && !value?.length) return null;
  const mayCutAll = value && value.length > 1 && value.every(({ mayEnd }) => mayEnd);
  const changed = (said?: string) => {
    // The row that had the focus is about to go.
    heading.current?.focus({ preventScroll: true });
    if (said) announce(said);
    reload();
  };
  const title = machine === undefined ? 'On now' : `On ${machine} now`;
  return (
    <section class="card" aria-labelledby="sessions-heading">
      <div class="title-row">
        <h2 id="sessions-heading" ref={heading} tabIndex={-1}>
          {title}
          {value && value.length > 0 && <span class="heading-count">{sessionCount(value.length)}</span>}
        </h2>
        {machineId && mayCutAll && <CutAll machineId={machineId} count={value.length} changed={changed} />}
      </div>
      {failure && value && <StaleNote failure={failure} retry={reload} />}
      {failure && !value && <FailureCard failure={failure} about="Live sessions" retry={reload} />}
      {!failure && !value && <Skeleton lines={3} label="Reading who is on" />}
      {value?.length === 0 && (
        <p class="quiet">
          {machine === undefined ? 'Nobody is on any machine that you may see.' : `Nobody is on ${machine}.`}
        </p>
      )}
      {value && value.length > 0 && (
        <SessionTable sessions={value} namesMachine={machineId === undefined} changed={changed} />
      )}
      {!isBrief && <EndedSessions {...(machineId !== undefined && { machineId })} now={now} />}
    </section>
  );
}
