import type { z } from 'zod';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import { toCsv } from '#shared/domain/csv.ts';
import type { AuditRecord, auditQuery } from '#shared/protocol/audit-api.ts';
import { placeOf } from '#shared/protocol/audit-chain.ts';

export const viewRecord = (record: AuditDocument): AuditRecord => {
  const { at, actor, action, outcome, from, decision, session, operationId, leaseId, detail } = record;
  return {
    sequence: placeOf(record.key) ?? 0,
    at,
    actor,
    action,
    outcome,
    ...(from !== undefined && { from }),
    ...(decision && { decision }),
    ...(session && { session }),
    ...(operationId !== undefined && { operationId }),
    ...(leaseId !== undefined && { leaseId }),
    ...(detail !== undefined && { detail }),
    mac: record.mac ?? '',
  };
};

type Filters = Pick<z.output<typeof auditQuery>, 'action' | 'outcome' | 'actor' | 'from' | 'to'>;

/** Whether a record is among those that were asked for. */
export function filterOf({ action, outcome, actor, from, to }: Filters): (record: AuditDocument) => boolean {
  const words = action?.toLowerCase();
  const who = actor?.toLowerCase();
  const [since, until] = [from, to].map((time) => (time === undefined ? undefined : Date.parse(time)));
  return (record) => {
    const at = Date.parse(record.at);
    const done = record.action.toLowerCase();
    return (
      (words === undefined || done.startsWith(words) || done.split(/[ .]/).includes(words)) &&
      (outcome === undefined || record.outcome === outcome) &&
      (who === undefined ||
        record.actor.id.toLowerCase() === who ||
        record.actor.name.toLowerCase().includes(who)) &&
      (since === undefined || at >= since) &&
      (until === undefined || at <= until)
    );
  };
}

const columns: readonly (readonly [string, (record: AuditRecord) => string | number | undefined])[] = [
  ['sequence', ({ sequence }) => sequence],
  ['at', ({ at }) => at],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['actorId', ({ actor }) => actor.id],
  ['actorName', ({ actor }) => actor.name],
  ['actorKind', ({ actor }) => actor.kind],
  ['from', ({ from }) => from],
  ['right', ({ decision }) => decision?.right],
  ['grantedBy', ({ decision }) => decision?.grantedBy?.join(' ')],
  ['code', ({ decision }) => decision?.code],
  ['leaseId', ({ leaseId, decision }) => leaseId ?? decision?.leaseId],
  ['sessionId', ({ session }) => session?.sessionId],
  ['service', ({ session }) => session?.service],
  ['seconds', ({ session }) => session?.seconds],
  ['bytesUp', ({ session }) => session?.bytesUp],
  ['bytesDown', ({ session }) => session?.bytesDown],
  ['endReason', ({ session }) => session?.endReason],
  ['operationId', ({ operationId }) => operationId],
  ['detail', ({ detail }) => detail],
  ['mac', ({ mac }) => mac],
];

/** The heading comes with the first part alone, so that the parts put together are one table. */
export const toAuditCsv = (records: readonly AuditRecord[], isFirst: boolean): string =>
  toCsv([
    ...(isFirst ? [columns.map(([name]) => name)] : []),
    ...records.map((record) => columns.map(([, read]) => read(record) ?? null)),
  ]);

export const toJsonLines = (records: readonly AuditRecord[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
