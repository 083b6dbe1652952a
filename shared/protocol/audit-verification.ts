import { type AuditBreak, chainBreakAction } from '#shared/domain/audit.ts';
import type { AuditDocument, AuditHeadDocument } from '#shared/domain/audit-documents.ts';
import { type AuditKey, hashEarlier, isGenuine, isOfBefore, isSealed, placeOf } from './audit-chain.ts';

export interface VerifiedChain {
  head: AuditHeadDocument | undefined;
  keys: ReadonlyMap<string, AuditKey>;
  /** A place that was noted outside at some time: the chain has it still, or was rolled back. */
  noted?: { sequence: number; mac?: string | undefined } | undefined;
}

export interface Verdict {
  /** Records of the chain that were seen. */
  records: number;
  /** Records of before the chain. */
  earlier: number;
  broken?: AuditBreak;
}

const tampered: ReadonlySet<string> = new Set<AuditBreak['why']>([
  'changed',
  'key_unknown',
  'head_missing',
  'rolled_back',
]);

/**
 * Checks a machine's chain from its newest record to its first, one record at a time; holds one record. Of several breaks
 * the verdict is the first in the order of the chain.
 */
export function createVerification({ head, keys, noted }: VerifiedChain) {
  let broken: AuditBreak | undefined;
  let records = 0;
  /** The record after the one that comes next: its mac is checked when that is known. */
  let above: { record: AuditDocument; sequence: number } | undefined;
  let first: AuditDocument | undefined;
  let newest: number | undefined;
  let hasNoted = false;
  const earlier = hashEarlier();

  function note(sequence: number, why: AuditBreak['why'], detail: string): void {
    if (!broken || sequence < broken.sequence) broken = { sequence, why, detail };
  }

  function checkHead(): void {
    if (!head) return;
    const key = keys.get(head.keyVersion);
    const sequence = Number.isSafeInteger(head.sequence) ? head.sequence : 0;
    if (!key) note(sequence, 'key_unknown', 'the head names a key that the key vault does not have');
    else if (!isSealed(key, head)) note(sequence, 'changed', 'the head was changed');
  }

  /** The newest record is the one that the head names. */
  function checkEnd({ mac }: AuditDocument, sequence: number): void {
    newest = sequence;
    if (!head) note(sequence, 'head_missing', 'there are records and no head');
    else if (sequence > head.sequence)
      note(head.sequence + 1, 'rolled_back', `the head ends at ${head.sequence}, the records at ${sequence}`);
    else if (sequence < head.sequence)
      note(sequence + 1, 'missing', `the head ends at ${head.sequence}, the records at ${sequence}`);
    else if (mac !== head.mac)
      note(sequence, 'changed', 'the newest record is not the one that the head names');
  }

  function checkNoted({ mac }: AuditDocument, sequence: number): void {
    if (sequence !== noted?.sequence) return;
    hasNoted = true;
    if (noted.mac !== undefined && noted.mac !== mac)
      note(sequence, 'rolled_back', 'another record stood here when its mac was noted');
  }

  function checkLink(
    { record, sequence }: { record: AuditDocument; sequence: number },
    before: string,
  ): void {
    const key = keys.get(String(record.keyVersion));
    if (!key) note(sequence, 'key_unknown', 'the record names a key that the key vault does not have');
    else if (!isGenuine(key, record, before))
      note(sequence, 'changed', 'the record, or its place in the chain, is not as it was written');
  }

  function takeChained(record: AuditDocument, sequence: number): void {
    records += 1;
    if (newest === undefined) checkEnd(record, sequence);
    checkNoted(record, sequence);
    if (record.sequence !== sequence)
      note(sequence, 'changed', `the record says that it is number ${record.sequence ?? 'none'}`);
    if (record.action === chainBreakAction) {
      const code = record.decision?.code ?? '';
      note(
        sequence,
        isReason(code) ? code : 'changed',
        `found when this was written: ${record.detail ?? ''}`,
      );
    }
    if (above?.sequence === sequence) note(sequence, 'inserted', 'two records have this number');
    else if (above && above.sequence - sequence > 1)
      note(sequence + 1, 'missing', `records ${sequence + 1} to ${above.sequence - 1} are not there`);
    else if (above) checkLink(above, String(record.mac));
    above = { record, sequence };
    if (sequence === 1) first = record;
  }

  function checkEarlier(found: { count: number; digest: string }): void {
    const then = first?.earlier ?? { count: 0 };
    if (found.count === then.count && (found.count === 0 || found.digest === first?.earlier?.digest)) return;
    if (records === 0 && !head) return;
    const why = found.count > then.count ? 'inserted' : found.count < then.count ? 'missing' : 'changed';
    note(0, why, `records of before the chain: ${found.count} now, ${then.count} when it began`);
  }

  checkHead();
  return {
    /** Greatest key first. */
    take(record: AuditDocument): void {
      const sequence = placeOf(record.key);
      if (sequence !== undefined && sequence > 0) takeChained(record, sequence);
      else if (isOfBefore(record.key) && record.sequence === undefined) earlier.add(record);
      else note(above?.sequence ?? 1, 'inserted', `${record.key} is no key of a record of the chain`);
    },

    end(): Verdict {
      if (above && above.sequence > 1) note(1, 'missing', `records 1 to ${above.sequence - 1} are not there`);
      else if (above) checkLink(above, '');
      if (head && newest === undefined)
        note(1, 'missing', `the head ends at ${head.sequence}, no record is there`);
      const before = earlier.end();
      checkEarlier(before);
      if (noted && !hasNoted)
        note((newest ?? 0) + 1, 'rolled_back', `number ${noted.sequence} was noted and is not there`);
      return { records, earlier: before.count, ...(broken && { broken }) };
    },
  };
}

const isReason = (code: string): code is AuditBreak['why'] => tampered.has(code);
