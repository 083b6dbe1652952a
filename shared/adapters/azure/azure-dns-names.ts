import { isIPv4, isIPv6 } from 'node:net';
import type { RecordSet } from '@azure/arm-dns';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type AzureDnsCalls, asRead, untilWon } from './azure-dns-calls.ts';
import { foreignRecord, isOurs, nameMark, ownerOf, requireOwner } from './azure-dns-mark.ts';

/** Machine names change their target rarely. */
const ttlSeconds = 300;
const pointerTypes = ['CNAME', 'A', 'AAAA'] as const;
type PointerType = (typeof pointerTypes)[number];
/** What else may stand where a CNAME may not, for the name of the culprit in the error. */
const otherTypes = ['TXT', 'CAA', 'NS'] as const;

function pointerTo(target: string): { type: PointerType; records: RecordSet } {
  if (isIPv4(target)) return { type: 'A', records: { aRecords: [{ ipv4Address: target }] } };
  if (isIPv6(target)) return { type: 'AAAA', records: { aaaaRecords: [{ ipv6Address: target }] } };
  return { type: 'CNAME', records: { cnameRecord: { cname: target } } };
}

/** The one target of a set; undefined when somebody added another. */
function targetOf({ cnameRecord, aRecords = [], aaaaRecords = [] }: RecordSet): string | undefined {
  const targets = [
    ...(cnameRecord ? [cnameRecord.cname] : []),
    ...aRecords.map(({ ipv4Address }) => ipv4Address),
    ...aaaaRecords.map(({ ipv6Address }) => ipv6Address),
  ];
  return targets.length === 1 ? targets[0] : undefined;
}

/**
 * Names of machines. A name is made only where nothing stands and changed only as it was read, so that two
 * machines cannot come to share one. Repeating is one call for a new name and two for one that is right already.
 */
export function createAzureDnsNames(calls: AzureDnsCalls): Pick<DnsZone, 'pointName' | 'removeName'> {
  const { zone } = calls;

  /** What points elsewhere for this owner; throws what is not his. */
  async function findPointers(name: string, types: readonly PointerType[], owner: string) {
    const found: { type: PointerType; set: RecordSet }[] = [];
    for (const type of types) {
      const set = await calls.find(name, type);
      if (!set) continue;
      requireOwner(zone, name, type, set, owner);
      found.push({ type, set });
    }
    return found;
  }

  /** Takes that away; false when it changed meanwhile. */
  async function removePointers(
    name: string,
    types: readonly PointerType[],
    owner: string,
  ): Promise<boolean> {
    for (const { type, set } of await findPointers(name, types, owner))
      if (!(await calls.remove(name, type, set))) return false;
    return true;
  }

  /** A CNAME shares its name with nothing (RFC 1034 section 3.6.2): what excludes the pointer goes if it is ours. */
  async function makeRoom(name: string, type: PointerType, owner: string): Promise<void> {
    const rivals = pointerTypes.filter((other) => other !== type);
    await removePointers(name, rivals, owner);
    if (type !== 'CNAME') return;
    for (const other of otherTypes) if (await calls.find(name, other)) throw foreignRecord(zone, name, other);
  }

  /** Writes the pointer; the set when it stands, undefined when the attempt has to be repeated. */
  async function write(name: string, target: string, owner: string): Promise<RecordSet | undefined> {
    const { type, records } = pointerTo(target);
    const wanted = { ttl: ttlSeconds, ...records, metadata: nameMark(owner) };
    const created = await calls.write(name, type, wanted, { ifNoneMatch: '*' });
    if (typeof created === 'object') return created.set;
    if (created === 'excluded') {
      await makeRoom(name, type, owner);
      return undefined;
    }
    const standing = await calls.find(name, type);
    if (!standing) return undefined;
    requireOwner(zone, name, type, standing, owner);
    if (targetOf(standing) === target) return standing;
    const metadata = { ...standing.metadata, ...wanted.metadata };
    const changed = await calls.write(name, type, { ...wanted, metadata }, asRead(standing));
    return typeof changed === 'object' ? changed.set : undefined;
  }

  return {
    pointName(name, target, owner) {
      const { type } = pointerTo(target);
      // Addresses of both families may stand side by side: the old one must not go on being answered.
      const family = pointerTypes.filter((other) => type !== 'CNAME' && other !== 'CNAME' && other !== type);
      return untilWon(`${name}.${zone}`, async () => {
        await findPointers(name, family, owner);
        const set = await write(name, target, owner);
        if (!set) return false;
        try {
          return await removePointers(name, family, owner);
        } catch (error) {
          // Another machine took the other family between the look and the write: this one steps back.
          await calls.remove(name, type, set);
          throw error;
        }
      });
    },
    removeName: (name, owner) =>
      untilWon(`${name}.${zone}`, async () => {
        const removed = await Promise.all(
          pointerTypes.map(async (type) => {
            const set = await calls.find(name, type);
            return !set || !isOurs(set) || ownerOf(set) !== owner || calls.remove(name, type, set);
          }),
        );
        return removed.every(Boolean);
      }),
  };
}
