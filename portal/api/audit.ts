import { type AuditQuestion, auditQuery } from '../model/audit-question.ts';
import type { Answer, Ask } from './client.ts';
import { machinePath } from './machines.ts';
import type { AuditedMachine, AuditPage, AuditVerdict } from './replies.ts';

/** Milliseconds. A whole chain is read for these. */
const wholePatienceMs = 120_000;

export type ExportFormat = 'csv' | 'jsonl';

/** The audit of a machine, and of which machines the caller may read it. */
export function createAuditApi(ask: Ask) {
  const auditPath = (id: string) => `${machinePath(id)}/audit`;
  return {
    auditedMachines: async (signal: AbortSignal) =>
      ((await ask('/api/audit/machines', { signal })).body as { value: AuditedMachine[] }).value,
    /** Newest first; with `before` those before that sequence number. */
    audit: async (id: string, question: AuditQuestion, before: number | undefined, signal: AbortSignal) =>
      (
        await ask(`${auditPath(id)}${auditQuery(question, { top: '50', before: before?.toString() })}`, {
          signal,
        })
      ).body as AuditPage,
    verifyAudit: async (id: string, signal: AbortSignal) =>
      (await ask(`${auditPath(id)}/verify`, { signal, patienceMs: wholePatienceMs })).body as AuditVerdict,
    /** As text, to be kept as a file: its parts put together. */
    async exportAudit(id: string, question: AuditQuestion, format: ExportFormat): Promise<string> {
      const parts: string[] = [];
      let path: string | undefined = `${auditPath(id)}/export${auditQuery(question, { format })}`;
      while (path !== undefined) {
        const part: Answer = await ask(path, { reads: 'text', patienceMs: wholePatienceMs });
        if (typeof part.body === 'string') parts.push(part.body);
        path = part.next;
      }
      return parts.join('');
    },
  };
}

export type AuditApi = ReturnType<typeof createAuditApi>;
