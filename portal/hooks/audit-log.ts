import { useCallback, useEffect, useState } from 'preact/hooks';
import type { AuditRecord } from '../api/replies.ts';
import type { AuditQuestion } from '../model/audit-question.ts';
import { mergeRecords, nextBefore } from '../model/audit-words.ts';
import { useAction } from './action.ts';
import { usePortal } from './portal.ts';
import { useRemote } from './remote.ts';
import { useSettled } from './settled.ts';

/** Milliseconds between two looks at the newest records. */
const everyMs = 15_000;

interface Known {
  key: string;
  records: readonly AuditRecord[];
  /** Undefined: the oldest is there. */
  before: number | undefined;
}

/** The records that a question finds, newest first; older ones are asked for, newer ones come by themselves. */
export function useAuditLog(id: string, asked: AuditQuestion) {
  const { api } = usePortal();
  const key = useSettled(JSON.stringify(asked), 300);
  const question = JSON.parse(key) as AuditQuestion;
  const [known, setKnown] = useState<Known>();
  const older = useAction();
  const newest = useRemote(
    `audit ${id} ${key}`,
    (signal) => api.audit(id, question, undefined, signal),
    () => everyMs,
  );
  useEffect(() => {
    const page = newest.value;
    if (!page) return;
    setKnown((last) => {
      const isSame = last?.key === key;
      const records = mergeRecords(isSame ? last.records : [], page.value);
      const isWhole = isSame && records.length > page.value.length;
      return { key, records, before: isWhole ? last.before : nextBefore(page.nextLink) };
    });
  }, [newest.value]);

  const isCurrent = known?.key === key;
  const before = isCurrent ? known.before : undefined;
  const readOlder = useCallback(() => {
    if (before === undefined) return;
    older.run(async () => {
      const page = await api.audit(id, question, before, AbortSignal.timeout(30_000));
      setKnown((last) =>
        last?.key === key
          ? { key, records: [...last.records, ...page.value], before: nextBefore(page.nextLink) }
          : last,
      );
    });
  }, [id, key, before, older]);

  return {
    question,
    records: isCurrent ? known.records : undefined,
    /** The last answer stays in sight until the next one is there. */
    shown: known?.records,
    isBehind: !isCurrent || JSON.stringify(asked) !== key,
    failure: newest.failure,
    reload: newest.reload,
    hasOlder: before !== undefined,
    older,
    readOlder,
  };
}
