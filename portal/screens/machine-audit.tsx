import { AuditBadge } from '../components/audit-badge.tsx';
import { AuditExport } from '../components/audit-export.tsx';
import { AuditFilter } from '../components/audit-filter.tsx';
import { AuditRecordLine } from '../components/audit-record.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { MachineHeader } from '../components/machine-header.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { StaleNote } from '../components/stale-note.tsx';
import { useAuditLog } from '../hooks/audit-log.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { type AuditQuestion, isAsked } from '../model/audit-question.ts';
import { auditDays, recordKey } from '../model/audit-words.ts';

interface MachineAuditProps {
  id: string;
  question: AuditQuestion;
}

/**
 * What is known of it to who may read its audit. The machine itself is asked for only by those who may not: to an
 * auditor it is refused, and that refusal would stand in the very audit that he reads.
 */
function useAudited(id: string) {
  const { api } = usePortal();
  const { value, failure } = useRemote(`audited ${id}`, async (signal) => ({
    audited: (await api.auditedMachines(signal)).find(({ machineId }) => machineId === id),
  }));
  const isAudited = value?.audited !== undefined;
  const mayAsk = !isAudited && (value !== undefined || failure !== undefined);
  const machine = useRemote(`machine of audit ${id}`, mayAsk ? (signal) => api.read(id, signal) : undefined);
  return machine.value ?? value?.audited;
}

type Log = ReturnType<typeof useAuditLog>;

function Records({ id, log, isFiltered }: { id: string; log: Log; isFiltered: boolean }) {
  const { shown, isBehind, hasOlder, older, readOlder } = log;
  if (!shown) return null;
  return (
    <>
      {shown.length === 0 && !isBehind && (
        <p class="quiet">
          {isFiltered
            ? 'No record matches this filter.'
            : 'Nothing is recorded yet: the first thing that somebody does with this machine is.'}
        </p>
      )}
      {shown.length > 0 && (
        <div class="audit-log" aria-busy={isBehind}>
          {auditDays(shown).map(({ day, records }) => (
            <section key={day} class="audit-day" aria-label={day}>
              <h3>{day}</h3>
              <ol>
                {records.map((record) => (
                  <AuditRecordLine key={recordKey(record)} record={record} machineId={id} />
                ))}
              </ol>
            </section>
          ))}
        </div>
      )}
      {older.failure && <FailureCard failure={older.failure} about="Older records" />}
      {hasOlder && (
        <div class="actions pager">
          <button type="button" class="button" aria-disabled={older.isBusy} onClick={readOlder}>
            {older.isBusy ? 'Reading' : 'Show older records'}
          </button>
        </div>
      )}
    </>
  );
}

/** What happened to a machine, who did it, and whether the record of it can be relied on. */
export function MachineAuditScreen({ id, question }: MachineAuditProps) {
  const audited = useAudited(id);
  const name = audited?.name;
  const log = useAuditLog(id, question);
  const { shown, failure, reload } = log;
  const heading = useScreenTitle(`${name ?? 'Machine'}, audit`);
  return (
    <>
      <MachineHeader id={id} view="audit" heading={heading} machine={audited} />
      {failure && shown && <StaleNote failure={failure} retry={reload} />}
      {failure && !shown && <FailureCard failure={failure} about="Audit" retry={reload} />}
      {!shown && !failure && <Skeleton lines={6} label="Reading the audit" tall />}
      {shown && (
        <>
          <AuditBadge id={id} machine={name} />
          <section class="card" aria-labelledby="audit-heading">
            <div class="title-row">
              <h2 id="audit-heading">What happened</h2>
              <AuditExport id={id} machine={name} question={question} />
            </div>
            <AuditFilter id={id} question={question} />
            <Records id={id} log={log} isFiltered={isAsked(question)} />
          </section>
        </>
      )}
    </>
  );
}
