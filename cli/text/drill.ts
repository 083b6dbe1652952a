import type { DrillReply } from '#shared/protocol/certificate-api.ts';
import { renderTable } from './columns.ts';
import { describeMoment } from './moment.ts';
import { plain } from './plain.ts';

/** `drill abc: running, 120 of 480 replaced (25 %), 20 skipped; ends 2026-…` */
export function describeDrill(drill: DrillReply, nowMs: number): string {
  const { id, status, replaced, total, percent, skipped, estimatedEnd, endedAt } = drill;
  const end = endedAt
    ? `; ended ${describeMoment(endedAt, nowMs)}`
    : estimatedEnd
      ? `; expected to end ${describeMoment(estimatedEnd, nowMs)}`
      : '';
  const left = skipped > 0 ? `, ${skipped} left alone` : '';
  return `drill ${plain(id)}: ${status}, ${replaced} of ${total} replaced (${percent} %)${left}${end}`;
}

export const renderDrills = (drills: readonly DrillReply[]): string =>
  renderTable(
    ['id', 'status', 'replaced', 'of', 'reason', 'revokes', 'started', 'by'],
    drills.map(({ id, status, replaced, total, reason, revoke, createdAt, requestedBy }) => [
      id,
      status,
      String(replaced),
      String(total),
      reason,
      revoke ? 'yes' : 'no',
      createdAt,
      requestedBy,
    ]),
  );
