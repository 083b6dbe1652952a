import type { ExportFormat } from '../api/audit.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { type AuditQuestion, isAsked } from '../model/audit-question.ts';
import { keepFile } from '../model/keep-file.ts';
import { FailureCard } from './failure-card.tsx';

interface AuditExportProps {
  id: string;
  machine: string | undefined;
  question: AuditQuestion;
}

const types: Readonly<Record<ExportFormat, string>> = { csv: 'text/csv', jsonl: 'application/x-ndjson' };

/** The records as a file: those that the filter finds, oldest first. */
export function AuditExport({ id, machine, question }: AuditExportProps) {
  const { api, announce } = usePortal();
  const { isBusy, failure, run } = useAction();
  const keep = (format: ExportFormat) =>
    run(async () => {
      keepFile(
        `audit-${machine ?? id}.${format}`,
        types[format],
        await api.exportAudit(id, question, format),
      );
      announce('The export is in your downloads.');
    });
  return (
    <>
      <div class="actions">
        <button type="button" class="button" aria-disabled={isBusy} onClick={() => keep('csv')}>
          Export CSV
        </button>
        <button type="button" class="button" aria-disabled={isBusy} onClick={() => keep('jsonl')}>
          Export JSON lines
        </button>
        {isBusy && (
          <span class="quiet" role="status">
            Reading the records
          </span>
        )}
        {!isBusy && isAsked(question) && <span class="quiet">Only what the filter finds.</span>}
      </div>
      {failure && <FailureCard failure={failure} about="Export" />}
    </>
  );
}
