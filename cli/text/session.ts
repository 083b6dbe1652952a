import type { ListedSession } from '#shared/protocol/session-api.ts';
import { formatBytes } from './bytes.ts';
import { renderTable } from './columns.ts';
import { formatMinutes } from './duration.ts';
import { formatClock } from './moment.ts';

const minuteMs = 60_000;

/** How long it has been open, or was. */
function lengthOf({ createdAt, expiresAt, end, state }: ListedSession, nowMs: number): string {
  const isLive = state === 'open' || state === 'opening';
  const until = Math.min(isLive ? nowMs : Date.parse(end?.at ?? expiresAt), Date.parse(expiresAt));
  return formatMinutes(Math.max(0, Math.floor((until - Date.parse(createdAt)) / minuteMs)));
}

/** What went to the machine and what came back, as far as the machine has said. */
const bytesOf = ({ usage }: ListedSession): string =>
  usage ? `${formatBytes(usage.bytesUp)} / ${formatBytes(usage.bytesDown)}` : '-';

/** `ended: lease ended`, and by whom. */
const stateOf = ({ state, end }: ListedSession): string =>
  end ? `${end.reason.replaceAll('_', ' ')}${end.by ? ` by ${end.by.name}` : ''}` : state;

/** Sessions of one machine, or of several with their names. Columns that say nothing of any are left out. */
export function renderSessions(
  sessions: readonly ListedSession[],
  { nowMs, withMachine, room }: { nowMs: number; withMachine: boolean; room: number | undefined },
): string {
  const all: [heading: string, cell: (session: ListedSession) => string, isShown: boolean][] = [
    ['session', ({ sessionId }) => sessionId, true],
    ['machine', ({ machine }) => machine, withMachine],
    ['service', ({ service }) => service, sessions.some(({ service }) => service !== 'WAC')],
    ['who', ({ user, isOwn }) => (isOwn ? `${user.name} (you)` : user.name), true],
    ['since', ({ createdAt }) => formatClock(createdAt, nowMs), true],
    ['for', (session) => lengthOf(session, nowMs), true],
    ['up / down', bytesOf, sessions.some(({ usage }) => usage)],
    ['from', ({ from }) => from ?? '-', sessions.some(({ from }) => from)],
    ['lease', ({ leaseId }) => leaseId ?? '-', sessions.some(({ leaseId }) => leaseId)],
    ['state', stateOf, sessions.some(({ state }) => state !== 'open')],
  ];
  const columns = all.filter(([, , isShown]) => isShown);
  return renderTable(
    columns.map(([heading]) => heading),
    sessions.map((session) => columns.map(([, cell]) => cell(session))),
    { room, whole: ['session', 'since', 'for', 'up / down'], spare: ['from', 'lease'] },
  );
}
