import type { AuditRecord, AuditVerifyReply } from '#shared/protocol/audit-api.ts';
import type { Output } from '../output.ts';
import { formatBytes } from './bytes.ts';
import { renderTable } from './columns.ts';
import { formatMinutes } from './duration.ts';
import { formatMoment } from './moment.ts';
import { plain } from './plain.ts';

/** What a record says beside who, what and when. */
function describeRecord({ detail, decision, session, outcome }: AuditRecord): string {
  const bytes =
    session?.bytesUp !== undefined && session.bytesDown !== undefined
      ? `${formatBytes(session.bytesUp)} up, ${formatBytes(session.bytesDown)} down`
      : undefined;
  return [
    outcome === 'refused' ? decision?.code : undefined,
    session && `${session.service} ${session.sessionId}`,
    session?.endReason?.replaceAll('_', ' '),
    session?.seconds === undefined ? undefined : formatMinutes(session.seconds / 60),
    bytes,
    detail,
  ]
    .filter(Boolean)
    .join(', ');
}

export const renderAudit = (records: readonly AuditRecord[], room: number | undefined): string =>
  renderTable(
    ['#', 'when (utc)', 'who', 'what', 'outcome', 'from', 'detail'],
    records.map((record) => [
      record.sequence === 0 ? '-' : String(record.sequence),
      `${record.at.slice(0, 10)} ${record.at.slice(11, 16)}`,
      record.actor.name,
      record.action,
      record.outcome,
      record.from ?? '-',
      describeRecord(record),
    ]),
    { room, whole: ['#', 'when (utc)', 'what', 'outcome'], spare: ['from'] },
  );

const reasons: Readonly<Record<NonNullable<AuditVerifyReply['broken']>['why'], string>> = {
  changed: 'was changed',
  missing: 'is missing',
  inserted: 'was inserted',
  head_missing: 'is not followed by the head of the chain',
  rolled_back: 'is not what was noted: the chain was rolled back',
  key_unknown: 'cannot be checked: its key is not known',
};

/** One sentence: where the chain does not hold, and how. */
export const describeBreak = ({ sequence, why, detail }: NonNullable<AuditVerifyReply['broken']>): string =>
  plain(
    `${sequence === 0 ? 'what is before the first record' : `record ${sequence}`} ${reasons[why]}: ${detail}`,
  );

export function renderVerdict(
  { records, earlier, head }: AuditVerifyReply,
  since: { sequence: number } | undefined,
  paint: Output['paint'],
): string {
  if (!head) return `${paint('good', 'intact')}: there is no record yet`;
  return [
    `${paint('good', 'intact')}: ${records} records, the last one of ${formatMoment(head.at)}`,
    ...(earlier ? [`${earlier} records are older than the chain; its first record holds them`] : []),
    ...(since ? [`record ${since.sequence} is as it was noted`] : []),
    `head  ${head.sequence} ${plain(head.mac)}`,
  ].join('\n');
}
