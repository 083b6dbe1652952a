import { describe, expect, it } from 'vitest';
import { auditQuery, emptyQuestion, readAuditQuestion } from '#portal/model/audit-question.ts';
import { auditDays, mergeRecords, nextBefore, verdictSentence } from '#portal/model/audit-words.ts';
import { addresses, parseRoute } from '#portal/navigation/routes.ts';
import { auditQuery as auditQuerySchema, auditVerifyReply } from '#shared/protocol/audit-api.ts';
import { sampleRecord } from '../../support/portal-access-samples.ts';

const chain = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, at) => sampleRecord(from - at));
const sequences = (records: readonly { sequence: number }[]) => records.map(({ sequence }) => sequence);

describe('what is asked of an audit', () => {
  it('is asked as the service takes it, whole days in the reader’s own time', () => {
    const question = {
      ...emptyQuestion,
      action: ' lease ',
      outcome: 'refused',
      from: '2026-11-20',
      to: '2026-11-20',
    };
    const query = Object.fromEntries(new URLSearchParams(auditQuery(question, { top: '50' })));
    const parsed = auditQuerySchema.parse(query);
    expect(parsed).toMatchObject({ action: 'lease', outcome: 'refused', top: 50 });
    expect(Date.parse(parsed.to ?? '') - Date.parse(parsed.from ?? '')).toBe(86_400_000 - 1);
    expect(auditQuery(emptyQuestion, {})).toBe('');
  });

  it('is read back from its address; what is no day and no outcome is left out', () => {
    const question = { ...emptyQuestion, actor: 'ana & co', from: '2026-02-28' };
    const address = new URL(addresses.machineAudit('abc', question), 'http://localhost');
    expect(parseRoute(address)).toEqual({ screen: 'machine-audit', id: 'abc', question });
    const nonsense = new URLSearchParams({
      from: '2026-02-',
      to: 'x',
      outcome: 'denied',
      action: 'a'.repeat(99),
    });
    expect(readAuditQuestion(nonsense)).toEqual({ ...emptyQuestion, action: 'a'.repeat(60) });
  });
});

describe('the records of an audit', () => {
  it('what came is put before what is known, and none is told twice', () => {
    expect(sequences(mergeRecords(chain(5, 1), chain(7, 4)))).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(sequences(mergeRecords([], chain(3, 1)))).toEqual([3, 2, 1]);
  });

  it('rather than a gap only the newest are kept', () => {
    expect(sequences(mergeRecords(chain(5, 1), chain(90, 88)))).toEqual([90, 89, 88]);
  });

  it('those of before the chain have no number and stay apart', () => {
    const early = [sampleRecord(0, { action: 'session open' }), sampleRecord(0, { action: 'session end' })];
    expect(mergeRecords([sampleRecord(1), ...early], [sampleRecord(1), ...early])).toHaveLength(3);
  });

  it('the next page begins where the link says', () => {
    expect(nextBefore('/api/machines/a/audit?top=50&before=71')).toBe(71);
    expect([nextBefore(undefined), nextBefore('/x'), nextBefore('/x?before=0')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('a day is told once', () => {
    const [first, second] = auditDays([
      sampleRecord(3, { at: '2026-11-22T12:00:00.000Z' }),
      sampleRecord(2, { at: '2026-11-22T11:00:00.000Z' }),
      sampleRecord(1, { at: '2026-11-20T12:00:00.000Z' }),
    ]);
    expect(sequences(first?.records ?? [])).toEqual([3, 2]);
    expect(sequences(second?.records ?? [])).toEqual([1]);
  });

  it('each way in which a chain may not hold is said in words', () => {
    const { why } = auditVerifyReply.shape.broken.unwrap().shape;
    const said = why.options.map((one) =>
      verdictSentence({ intact: false, records: 9, broken: { sequence: 4, why: one, detail: '' } }),
    );
    expect(new Set(said).size).toBe(why.options.length);
    expect(said.every((sentence) => /^The chain does not hold: record 4 [a-z ,:]+\.$/.test(sentence))).toBe(
      true,
    );
    expect(verdictSentence({ intact: true, records: 1, earlier: 2 })).toBe(
      'Chain verified: the one record is as written, none is missing. 2 more are of before the chain.',
    );
  });
});
