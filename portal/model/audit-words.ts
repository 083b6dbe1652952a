import type { AuditRecord, AuditVerdict } from '../api/replies.ts';
import type { Tone } from './machine-state.ts';

type Outcome = AuditRecord['outcome'];

export const outcomes: Readonly<
  Record<Outcome, { word: string; tone: Extract<Tone, 'good' | 'bad' | 'warning'> }>
> = {
  allowed: { word: 'allowed', tone: 'good' },
  succeeded: { word: 'succeeded', tone: 'good' },
  refused: { word: 'refused', tone: 'warning' },
  failed: { word: 'failed', tone: 'bad' },
};

/** What a reader looks for; others are typed. */
export const usualActions = [
  'session',
  'lease',
  'install',
  'uninstall',
  'repair',
  'renew',
  'request',
  'certificate',
  'agent',
  'audit',
] as const;

const day = new Intl.DateTimeFormat('en', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const precise = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });

const formatDay = (at: string): string => day.format(new Date(at));
/** With its seconds: the order of things is what an auditor reads. */
export const formatPrecise = (at: string): string => precise.format(new Date(at));

export interface AuditDay {
  day: string;
  records: AuditRecord[];
}

/** Newest first, as they came, a day together. */
export function auditDays(records: readonly AuditRecord[]): AuditDay[] {
  const days: AuditDay[] = [];
  for (const record of records) {
    const name = formatDay(record.at);
    const last = days.at(-1);
    if (last?.day === name) last.records.push(record);
    else days.push({ day: name, records: [record] });
  }
  return days;
}

/** Those of before the chain have no number: what they say tells them apart. */
export const recordKey = ({ sequence, at, action, actor }: AuditRecord): string =>
  sequence > 0 ? String(sequence) : `${at} ${action} ${actor.id}`;

/**
 * What is known with what came, in the order of the newest page: a record is never told twice. Where the newest page no
 * longer meets what is known, what was known is dropped rather than a gap left.
 */
export function mergeRecords(known: readonly AuditRecord[], newest: readonly AuditRecord[]): AuditRecord[] {
  const keys = new Set(newest.map(recordKey));
  const meets = known.some((record) => keys.has(recordKey(record)));
  return meets ? [...newest, ...known.filter((record) => !keys.has(recordKey(record)))] : [...newest];
}

/** Where the next page begins. */
export function nextBefore(nextLink: string | undefined): number | undefined {
  if (nextLink === undefined) return undefined;
  const before = Number(new URL(nextLink, 'http://localhost').searchParams.get('before') ?? Number.NaN);
  return Number.isInteger(before) && before > 0 ? before : undefined;
}

type Broken = NonNullable<AuditVerdict['broken']>;

const faults: Readonly<Record<Broken['why'], string>> = {
  changed: 'was changed after it was written',
  missing: 'is missing',
  inserted: 'was put in later',
  head_missing: 'has no head: the newest records may have been cut off',
  rolled_back: 'is where the chain was set back to an earlier state',
  key_unknown: 'was made with a key that is no longer there, so it cannot be checked',
};

const number = new Intl.NumberFormat('en');

/** What a check of the chain says, in one sentence. */
export function verdictSentence({ intact, records, earlier = 0, broken }: AuditVerdict): string {
  if (broken) {
    const what =
      broken.sequence === 0 ? 'a record of before the chain' : `record ${number.format(broken.sequence)}`;
    return `The chain does not hold: ${what} ${faults[broken.why]}.`;
  }
  if (!intact) return 'The chain does not hold.';
  if (records === 0) return 'There is no record yet.';
  const all = records === 1 ? 'the one record is' : `all ${number.format(records)} records are`;
  const before = earlier > 0 ? ` ${number.format(earlier)} more are of before the chain.` : '';
  return `Chain verified: ${all} as written, none is missing.${before}`;
}
