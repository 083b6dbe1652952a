import type { RecordSet } from '@azure/arm-dns';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type AzureDnsCalls, asRead, untilWon } from './azure-dns-calls.ts';
import { foreignRecord, isOurs, proofMark, touchedAtOf } from './azure-dns-mark.ts';

/** Proofs live for minutes. */
const ttlSeconds = 60;
/** RFC 1035 section 3.3: one character-string. */
const maxStringLength = 255;
/** RFC 8555 section 8.4: the label of a DNS-01 proof. */
const proofLabel = '_acme-challenge';

const valuesOf = (set: RecordSet | undefined): string[] =>
  (set?.txtRecords ?? []).map(({ value = [] }) => value.join(''));

const toStrings = (value: string): string[] =>
  value.match(new RegExp(`.{1,${maxStringLength}}`, 'gs')) ?? [''];

/** Proofs that this process put up and has not taken down yet; what is pushed out is read again. */
const mostKept = 500;

interface Change {
  values: readonly string[];
  touchedAt: string;
}

/**
 * TXT sets, changed by their ETag: an order adds and takes out its own values and never sees to it that others are
 * there or not, so that several may prove one name at a time. The first try takes it that nothing stands at the name,
 * and that a set is as this process wrote it; the ETag tells when that is wrong, and then the set is read.
 */
export function createAzureDnsTexts(
  calls: AzureDnsCalls,
  now: () => Date,
): Pick<DnsZone, 'addTextValues' | 'removeTextValues' | 'listProofs'> {
  const { zone } = calls;

  const written = new Map<string, RecordSet>();
  const keep = (name: string, set: RecordSet): void => {
    written.delete(name);
    written.set(name, set);
    const [oldest] = written.keys();
    if (written.size > mostKept && oldest !== undefined) written.delete(oldest);
  };

  /** `decide` says what shall be there after what is, or undefined when nothing is to do. */
  const changeText = (
    name: string,
    decide: (present: readonly string[], touchedAt: string) => Change | undefined,
    guess?: { set: RecordSet | undefined },
  ) => {
    let guessed = guess;
    return untilWon(`TXT ${name}.${zone}`, async () => {
      const set = guessed ? guessed.set : await calls.find(name, 'TXT');
      guessed = undefined;
      const change = decide(valuesOf(set), set ? touchedAtOf(set) : '');
      if (!change) return true;
      if (set && !isOurs(set)) throw foreignRecord(zone, name, 'TXT');
      if (set && change.values.length === 0) return calls.remove(name, 'TXT', set);
      const outcome = await calls.write(
        name,
        'TXT',
        {
          ttl: ttlSeconds,
          txtRecords: change.values.map((value) => ({ value: toStrings(value) })),
          metadata: { ...set?.metadata, ...proofMark(change.touchedAt) },
        },
        set ? asRead(set) : { ifNoneMatch: '*' },
      );
      if (outcome === 'excluded') throw foreignRecord(zone, name, 'CNAME');
      if (outcome === 'raced') return false;
      keep(name, outcome.set);
      return true;
    });
  };

  return {
    addTextValues: (name, values) =>
      changeText(
        name,
        (present) => {
          const wanted = new Set([...present, ...values]);
          if (wanted.size === new Set(present).size) return undefined;
          return { values: [...wanted], touchedAt: now().toISOString() };
        },
        // A repeated call looks first.
        written.has(name) ? undefined : { set: undefined },
      ),
    removeTextValues(name, values) {
      const set = written.get(name);
      written.delete(name);
      // A set without any of these values may have got one since: that is no guess to make.
      const isGuess = valuesOf(set).some((value) => values.includes(value));
      return changeText(
        name,
        (present, touchedAt) => {
          const kept = present.filter((value) => !values.includes(value));
          return kept.length < present.length ? { values: kept, touchedAt } : undefined;
        },
        isGuess ? { set } : undefined,
      );
    },
    async listProofs() {
      const sets = await calls.list('TXT');
      return sets
        .filter((set) => isOurs(set) && set.name?.split('.')[0]?.toLowerCase() === proofLabel)
        .map((set) => ({
          relativeName: set.name ?? '',
          values: valuesOf(set),
          touchedAt: touchedAtOf(set),
        }));
    },
  };
}
