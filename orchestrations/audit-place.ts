import { type AuditBreak, type AuditEntry, chainBreakAction } from '#shared/domain/audit.ts';
import type { AuditDocument, AuditHeadDocument } from '#shared/domain/audit-documents.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import {
  auditKeyOf,
  type ChainPlace,
  chainStart,
  hashEarlier,
  isOfBefore,
  isSealed,
  placeOf,
} from '#shared/protocol/audit-chain.ts';
import { auditKeyOfVersion, currentAuditKey } from './audit-keys.ts';

interface PlacePorts {
  store: MachineStore;
  secrets: SecretStore;
  now(): Date;
}

/** Where the next record goes. */
interface FoundPlace {
  place: ChainPlace;
  /** Of the first record alone. */
  earlier?: { count: number; digest: string };
  /** The chain's end is not as it was left: this goes into it first, so that it is never taken for whole again. */
  broken?: AuditEntry;
}

const sentences = {
  changed: 'the head of the chain was changed by somebody who has no key',
  key_unknown: 'the head of the chain names a key that the key vault does not have',
  head_missing: 'the head of the chain was removed',
  rolled_back: 'the head of the chain was put back: a record after it is there already',
} as const satisfies Partial<Record<AuditBreak['why'], string>>;

/** Records of before the chain, read at once. */
const pageSize = 500;

/**
 * The place after the head when that is genuine, and the start where there is no record yet. Otherwise somebody wrote to the
 * database: the chain goes on after the newest record, with a record of what was found.
 */
export async function findPlace(
  ports: PlacePorts,
  machineId: string,
  head: AuditHeadDocument | undefined,
  isBehind: boolean,
): Promise<FoundPlace> {
  const fault = isBehind ? 'rolled_back' : await faultOf(ports, machineId, head);
  if (head && fault === undefined) return { place: head };
  const { place, isEmpty } = await findEnd(ports, machineId);
  if (!place && !head) {
    const earlier = isEmpty ? {} : { earlier: await earlierOf(ports, machineId) };
    return { place: chainStart, ...earlier };
  }
  return { place: place ?? chainStart, broken: breakEntry(fault ?? 'head_missing') };
}

async function faultOf(
  { secrets, now }: PlacePorts,
  machineId: string,
  head: AuditHeadDocument | undefined,
): Promise<keyof typeof sentences | undefined> {
  if (!head) return 'head_missing';
  const current = await currentAuditKey(secrets, now());
  const key =
    head.keyVersion === current.version ? current : await auditKeyOfVersion(secrets, String(head.keyVersion));
  if (!key) return 'key_unknown';
  return head.machineId === machineId && isSealed(key, head) ? undefined : 'changed';
}

/** The newest record of the chain; what somebody put beside it under other keys is passed over, and found by a check. */
async function findEnd(
  { store }: PlacePorts,
  machineId: string,
): Promise<{ place?: ChainPlace; isEmpty: boolean }> {
  let before: string | undefined;
  for (let size = 1; ; size = pageSize) {
    const page: AuditDocument[] = await store.list(machineId, 'audit', size, before);
    for (const { key, mac } of page) {
      const sequence = placeOf(key);
      if (sequence !== undefined) return { place: { sequence, mac: String(mac) }, isEmpty: false };
    }
    const last = page.at(-1)?.key;
    const isAll = last === undefined || page.length < size || isOfBefore(last);
    if (isAll) return { isEmpty: before === undefined && last === undefined };
    before = last;
  }
}

const breakEntry = (why: keyof typeof sentences): AuditEntry => ({
  actor: { id: 'audit', name: 'Audit', kind: 'service' },
  action: chainBreakAction,
  outcome: 'failed',
  decision: { code: why },
  detail: sentences[why],
});

/** What the first record of the chain says of those that were there before it. */
async function earlierOf({ store }: PlacePorts, machineId: string) {
  const hash = hashEarlier();
  let before: string | undefined = auditKeyOf(0);
  while (before !== undefined) {
    const page: AuditDocument[] = await store.list(machineId, 'audit', pageSize, before);
    for (const record of page) hash.add(record);
    before = page.length < pageSize ? undefined : page.at(-1)?.key;
  }
  return hash.end();
}
