import type { RecordSet, RecordType } from '@azure/arm-dns';
import { AppError } from '#shared/domain/error.ts';

/**
 * Our mark on a record set: its metadata, which Azure keeps beside the records and never publishes. None of the
 * values is an address (requirement 63). Lower case throughout, so that no change of letters can lose them.
 */
const keys = {
  /** `name` or `proof`: the set is ours, and what it is for. */
  mark: 'admin_center',
  /** Of a name: the machine id that it points for. */
  owner: 'admin_center_owner',
  /** Of a proof: when a value was last added, ISO 8601. */
  touched: 'admin_center_touched',
} as const;

export const nameMark = (owner: string) => ({ [keys.mark]: 'name', [keys.owner]: owner });
export const proofMark = (touchedAt: string) => ({ [keys.mark]: 'proof', [keys.touched]: touchedAt });

export const isOurs = (set: RecordSet): boolean => set.metadata?.[keys.mark] !== undefined;
export const ownerOf = (set: RecordSet): string | undefined => set.metadata?.[keys.owner];

/** A set of ours that somebody took the date from counts as long forgotten: nothing else would ever remove it. */
export function touchedAtOf(set: RecordSet): string {
  const text = set.metadata?.[keys.touched] ?? '';
  return Number.isNaN(Date.parse(text)) ? new Date(0).toISOString() : text;
}

export function foreignRecord(zone: string, name: string, type: string): AppError {
  const record = `${type} ${name === '@' ? zone : `${name}.${zone}`}`;
  return new AppError('dns_record_foreign', `${record} was not made by us and is left as it is`, {
    facts: { record },
  });
}

/** Throws unless the set is ours and points for this owner. */
export function requireOwner(
  zone: string,
  name: string,
  type: RecordType,
  set: RecordSet,
  owner: string,
): void {
  if (!isOurs(set)) throw foreignRecord(zone, name, type);
  if (ownerOf(set) === owner) return;
  throw new AppError('dns_name_taken', `${name}.${zone} points for another machine`, {
    facts: { name: `${name}.${zone}` },
  });
}
