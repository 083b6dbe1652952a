import type { LeasePolicyReply, LeaseReply } from '#shared/protocol/lease-api.ts';
import { programName } from '../about.ts';
import { renderFields, renderTable } from './columns.ts';
import { formatMinutes } from './duration.ts';
import { describeMoment, formatDistance, formatMoment } from './moment.ts';
import { plain } from './plain.ts';

type Decision = NonNullable<LeaseReply['decision']>;

const waitingExtension = ({ extensions }: LeaseReply) => extensions.find(({ decision }) => !decision);

/** `active, ends in 40 min`. */
export function describeStanding(lease: LeaseReply, nowMs: number): string {
  const { state, startsAt, endsAt, answerBy, end } = lease;
  if (state === 'requested') return `waits, lapses ${formatDistance(answerBy, nowMs)}`;
  if (state === 'approved' && startsAt) return `approved, starts ${formatDistance(startsAt, nowMs)}`;
  const more = waitingExtension(lease);
  if (state === 'active' && endsAt)
    return `active, ends ${formatDistance(endsAt, nowMs)}${more ? `; ${formatMinutes(more.minutes)} more are asked for` : ''}`;
  return state === 'ended' && end ? `ended: ${end.reason.replaceAll('_', ' ')}` : state;
}

const describeDecision = ({ approved, by, at, reason }: Decision, nowMs: number): string =>
  `${approved ? 'approved' : 'denied'} by ${by.name}, ${describeMoment(at, nowMs)}${reason ? `: ${reason}` : ''}`;

/** The commands that the caller may go on with. */
function nextOf(lease: LeaseReply): string[] {
  const line = (words: string, more = '') =>
    `${programName} ${words} ${plain(lease.machine)}${words === 'connect' ? '' : ` ${lease.id}`}${more}`;
  const { decide, extend, end, connect } = lease.may;
  return [
    ...(decide ? [line('lease approve'), line('lease deny')] : []),
    ...(connect ? [line('connect', lease.service === 'SSH' ? ' --service SSH' : '')] : []),
    ...(extend ? [line('lease extend', ' --minutes 60 --purpose "…"')] : []),
    ...(end ? [line('lease end')] : []),
  ];
}

export function renderLease(lease: LeaseReply, nowMs: number): string {
  const { extensions, startsAt, endsAt, notBefore, decision, end, assignment, failure } = lease;
  return renderFields([
    ['lease', lease.id],
    ['machine', `${lease.machine}, ${lease.service}`],
    ['who', lease.requester.name],
    ['purpose', lease.purpose],
    ['reference', lease.reference],
    ['for', formatMinutes(lease.minutes)],
    ['state', describeStanding(lease, nowMs)],
    ['requested', describeMoment(lease.requestedAt, nowMs)],
    ['not before', notBefore && !startsAt ? formatMoment(notBefore) : undefined],
    ['decision', decision && describeDecision(decision, nowMs)],
    ['starts', startsAt && describeMoment(startsAt, nowMs)],
    ['ends', endsAt && describeMoment(endsAt, nowMs)],
    ...extensions.map(
      (one) =>
        [
          'extension',
          `${formatMinutes(one.minutes)}, ${one.purpose}: ${one.decision ? describeDecision(one.decision, nowMs) : 'waits for a decision'}`,
        ] as const,
    ),
    ['ended', end && `${describeMoment(end.at, nowMs)}${end.by ? `, by ${end.by.name}` : ''}`],
    ['role', lease.givesRole ? 'comes with the lease: its requester has none of his own' : undefined],
    ['', assignment?.trouble],
    ['failed', failure && `${failure.detail} ${failure.remedy}`],
    ...nextOf(lease).map((command, at) => [at === 0 ? 'next' : '', command] as const),
  ]);
}

export const renderLeases = (
  leases: readonly LeaseReply[],
  { nowMs, room }: { nowMs: number; room: number | undefined },
): string =>
  renderTable(
    ['lease', 'machine', 'who', 'for', 'state', 'purpose'],
    leases.map((lease) => [
      lease.id,
      lease.service === 'WAC' ? lease.machine : `${lease.machine} (${lease.service})`,
      lease.requester.name,
      formatMinutes(lease.minutes),
      describeStanding(lease, nowMs),
      lease.reference ? `${lease.reference}: ${lease.purpose}` : lease.purpose,
    ]),
    { room, whole: ['lease', 'for'], spare: ['purpose'] },
  );

export function renderPolicy(policy: LeasePolicyReply, machine: string): string {
  const { required, byDeployment, givesRole, setBy, at } = policy;
  return [
    required
      ? `A connect to ${plain(machine)} needs a lease${byDeployment ? ', as everywhere in this deployment' : ''}.`
      : `A connect to ${plain(machine)} needs no lease.`,
    ...(givesRole ? ['A lease also gives the role for its time to those who have none.'] : []),
    ...(setBy && at ? [`So decided by ${plain(setBy.name)}, ${formatMoment(at)}.`] : []),
  ].join('\n');
}
