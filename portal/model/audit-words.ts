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
  'endpoint',
  'certificate',
  'agent',
  'repair',
] as const;

const day = new Intl.DateTimeFormat('en', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const precise = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });

export const formatDay = (at: string): string => day.format(new Date(at));
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

/**
 * What is known with what came: a record is never told twice. Where the newest page no longer meets what is known,
 * what was known before it is dropped rather than a gap left.
 */
export function mergeRecords(known: readonly AuditRecord[], newest: readonly AuditRecord[]): AuditRecord[] {
  const bySequence = new Map(known.map((record) => [record.sequence, record]));
  const meets = newest.length === 0 || newest.some(({ sequence }) => bySequence.has(sequence));
  const all = new Map(meets ? bySequence : []);
  for (const record of newest) all.set(record.sequence, record);
  return [...all.values()].toSorted((one, other) => other.sequence - one.sequence);
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
export function verdictSentence({ intact, records, broken }: AuditVerdict): string {
  if (broken)
    return `The chain does not hold: record ${number.format(broken.sequence)} ${faults[broken.why]}.`;
  if (!intact) return 'The chain does not hold.';
  if (records === 0) return 'There is no record yet.';
  return `Chain verified: ${records === 1 ? 'the one record is' : `all ${number.format(records)} records are`} as written, none is missing.`;
}
