import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { AuditDocument, AuditHeadDocument } from '#shared/domain/audit-documents.ts';

/**
 * The chain of a machine's audit. `mac` = base64url(HMAC-SHA-256(key, "audit record" LF canonical JSON of the record
 * without `mac` LF mac of the record before)), the mac before the first being empty. Whoever writes to the database and has
 * no key can change, insert, reorder and remove nothing unseen.
 */
export interface AuditKey {
  value: Uint8Array;
  version: string;
}

export type ChainedRecord = AuditDocument & Required<Pick<AuditDocument, 'sequence' | 'keyVersion' | 'mac'>>;
/** A place in the chain: what the next record follows, and what may be noted outside. */
export interface ChainPlace {
  sequence: number;
  mac: string;
}

/** What the first record follows. */
export const chainStart: ChainPlace = { sequence: 0, mac: '' };

const keyPattern = /^s(\d{12})$/;
/** Ordered as the sequence, and after every key of before the chain, which begin with a year. */
export const auditKeyOf = (sequence: number): string => `s${String(sequence).padStart(12, '0')}`;
/** Where a record stands by its key; undefined for one that is not of the chain. */
export function placeOf(key: string): number | undefined {
  const digits = keyPattern.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
/** Keys of before the chain are times. */
export const isOfBefore = (key: string): boolean => /^\d{4}-/.test(key);

/** JSON with the members of each object in the order of their names, without white space (as RFC 8785 for what we write). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one)}`);
  return `{${members.join(',')}}`;
}

/** A key that is made ready once: a MAC with one takes a seventh of the time. */
const ready = new WeakMap<AuditKey, KeyObject>();
function readyKey(key: AuditKey): KeyObject {
  const made = ready.get(key) ?? createSecretKey(key.value);
  ready.set(key, made);
  return made;
}

const macOf = (key: AuditKey, lines: readonly string[]): string =>
  createHmac('sha256', readyKey(key)).update(lines.join('\n')).digest('base64url');

function equals(one: unknown, other: string): boolean {
  if (typeof one !== 'string') return false;
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const recordMac = (key: AuditKey, record: Omit<AuditDocument, 'mac'>, before: string): string =>
  macOf(key, ['audit record', canonicalJson(record), before]);
const headMac = (key: AuditKey, head: Omit<AuditHeadDocument, 'seal'>): string =>
  macOf(key, ['audit head', canonicalJson(head)]);

/** The record as the one after `before`. */
export function chainRecord(
  key: AuditKey,
  before: ChainPlace,
  record: Omit<AuditDocument, 'key' | 'sequence' | 'keyVersion' | 'mac'>,
): ChainedRecord {
  const sequence = before.sequence + 1;
  const placed = { ...record, key: auditKeyOf(sequence), sequence, keyVersion: key.version };
  return { ...placed, mac: recordMac(key, placed, before.mac) };
}

export function sealHead(key: AuditKey, { machineId, sequence, mac, at }: ChainedRecord): AuditHeadDocument {
  const head = { type: 'audit-head', machineId, sequence, mac, at, keyVersion: key.version } as const;
  return { ...head, seal: headMac(key, head) };
}

/** Whether the record is as it was written, after a record with this mac. */
export function isGenuine(key: AuditKey, { mac, ...record }: AuditDocument, before: string): boolean {
  return equals(mac, recordMac(key, record, before));
}

export function isSealed(key: AuditKey, { seal, ...head }: AuditHeadDocument): boolean {
  return equals(seal, headMac(key, head));
}

/** Hash of the records of before the chain; to be given them newest first. */
export function hashEarlier() {
  const hash = createHash('sha256');
  let count = 0;
  return {
    add(record: AuditDocument): void {
      count += 1;
      hash.update(`${canonicalJson(record)}\n`);
    },
    end: (): { count: number; digest: string } => ({ count, digest: hash.digest('base64url') }),
  };
}
