import { beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '#functions/audit-reading.ts';
import type { AuditEntry } from '#shared/domain/audit.ts';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import { auditKeyOf, type ChainedRecord, chainRecord, sealHead } from '#shared/protocol/audit-chain.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { type Chain, entry, machineId, openChain } from './chain.ts';

const size = 30;
const actions = [
  'machine add',
  'install begin',
  'install end',
  'session open',
  'session end',
  'lease approve',
] as const;

/** Records of every shape that the contract allows. */
const entryOf = (index: number): AuditEntry =>
  entry(actions[index % actions.length] ?? 'machine add', {
    outcome: (['succeeded', 'refused', 'allowed', 'failed'] as const)[index % 4] ?? 'failed',
    ...(index % 2 === 0 && { from: `192.0.2.${index}` }),
    ...(index % 3 === 0 && {
      decision: { right: 'connect-wac', grantedBy: [`assignment-${index}`], code: 'access_denied' },
    }),
    ...(index % 5 === 0 && {
      session: { sessionId: `s${index}`, service: 'WAC', seconds: index, bytesUp: 1, bytesDown: 2 ** 40 },
    }),
    ...(index % 7 === 0 && { operationId: `${machineId}.${index}`, leaseId: `lease-${index}` }),
    detail: `detail ${index} "quoted" \n and é`,
  });

let chain: Chain;
beforeEach(async () => {
  chain = openChain();
  for (let index = 1; index <= size; index += 1) {
    chain.advance(1000);
    if (index === 15) chain.secrets.add(secretNames.auditKey, 'second key of the audit');
    if (index === 15) chain.advance(120_000);
    await chain.write(entryOf(index));
  }
});

const put = (record: AuditDocument) => chain.store.commit(machineId, [{ put: record }]);
const remove = (sequence: number) =>
  chain.store.commit(machineId, [{ remove: 'audit', key: auditKeyOf(sequence) }]);
const broken = async () => (await verifyAudit(chain.ports, machineId)).broken;
const recordAt = async (sequence: number): Promise<ChainedRecord> => {
  const found = (await chain.store.read(machineId, 'audit', auditKeyOf(sequence)))?.document;
  if (!found) throw new Error(`no record ${sequence}`);
  return found as ChainedRecord;
};
const every = Array.from({ length: size }, (_, index) => index + 1);

/** Each leaf of a record, by its path. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([name, one]) => pathsOf(one, [...path, name]));
}

function changedAt<T>(value: T, [name, ...rest]: readonly string[]): T {
  if (name === undefined) return (typeof value === 'number' ? value + 1 : `${String(value)}x`) as T;
  const whole = value as Record<string, unknown>;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[name] = changedAt(whole[name], rest);
  return copy as T;
}

describe('a chain of records that nobody touched', () => {
  it('verifies, over a rotation of its key, with each record at its place', async () => {
    const { head, ...verdict } = await verifyAudit(chain.ports, machineId);
    expect(verdict).toEqual({ records: size, earlier: 0 });
    const records = await chain.records();
    expect(records.map(({ sequence }) => sequence)).toEqual(every);
    expect(new Set(records.map(({ keyVersion }) => keyVersion))).toEqual(new Set(['1', '2']));
    expect(head).toMatchObject({ sequence: size, mac: records.at(-1)?.mac });
  });
});

describe('a record that somebody without the key', () => {
  it.each(every)('changes in any field is found: number %i', async (sequence) => {
    const record = await recordAt(sequence);
    const identity = new Set(['type', 'machineId', 'key']);
    const paths = pathsOf(record).filter(([name = '']) => !identity.has(name));
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) {
      await put(changedAt(record, path));
      const found = await broken();
      expect([path.join('.'), found?.sequence]).toEqual([path.join('.'), sequence]);
      expect(found?.why).toBe(path[0] === 'keyVersion' ? 'key_unknown' : 'changed');
    }
    await put(record);
    expect(await broken()).toBeUndefined();
  });

  it.each(every)('adds a field to, or takes one from, is found: number %i', async (sequence) => {
    const record = await recordAt(sequence);
    await put({ ...record, more: true } as AuditDocument);
    expect(await broken()).toMatchObject({ sequence, why: 'changed' });
    const { detail: _, ...less } = record;
    await put(less);
    expect(await broken()).toMatchObject({ sequence, why: 'changed' });
  });

  it.each(every)('removes is found: number %i', async (sequence) => {
    await remove(sequence);
    expect(await broken()).toMatchObject({ sequence, why: 'missing' });
  });

  it.each(every.slice(1))('swaps with the one before is found: number %i', async (sequence) => {
    const [one, other] = [await recordAt(sequence - 1), await recordAt(sequence)];
    await put({ ...one, key: other.key });
    await put({ ...other, key: one.key });
    expect(await broken()).toMatchObject({ sequence: sequence - 1, why: 'changed' });
    await put({ ...one, key: other.key, sequence: other.sequence });
    await put({ ...other, key: one.key, sequence: one.sequence });
    expect(await broken()).toMatchObject({ sequence: sequence - 1, why: 'changed' });
  });

  it.each(every)('writes over with another of the same machine is found: number %i', async (sequence) => {
    const other = await recordAt((sequence % size) + 1);
    await put({ ...other, key: auditKeyOf(sequence), sequence });
    expect(await broken()).toMatchObject({ sequence, why: 'changed' });
  });

  it.each(every)('takes from another machine is found: number %i', async (sequence) => {
    const foreign = 'b'.repeat(26);
    for (let index = 1; index <= sequence; index += 1) await chain.write(entryOf(index), foreign);
    const theirs = (await chain.records(foreign)).at(-1);
    if (!theirs) throw new Error('no record');
    await put({ ...theirs, machineId });
    expect(await broken()).toMatchObject({ sequence, why: 'changed' });
  });

  it.each(every)('writes again with a key of his own is found: number %i', async (sequence) => {
    const key = { value: Buffer.from('a key of his own'), version: '1' };
    const before = sequence === 1 ? { sequence: 0, mac: '' } : await recordAt(sequence - 1);
    const { key: _, mac: __, sequence: ___, keyVersion: ____, ...record } = await recordAt(sequence);
    await put(chainRecord(key, before, { ...record, detail: 'nothing happened' }));
    expect(await broken()).toMatchObject({ sequence, why: 'changed' });
  });

  it('adds after the last is found, with the head and without', async () => {
    const key = { value: Buffer.from('a key of his own'), version: '1' };
    const last = await recordAt(size);
    const more = chainRecord(key, last, { type: 'audit', machineId, at: last.at, ...entryOf(1) });
    await put(more);
    expect(await broken()).toMatchObject({ sequence: size + 1, why: 'rolled_back' });
    await chain.store.commit(machineId, [{ put: sealHead(key, more) }]);
    expect((await broken())?.sequence).toBe(size + 1);
  });

  it.each(['s000000000000', 's000000000007x', 's0000000000007', 'x', '9', '2026-10-01T12:00:00.000Z-x'])(
    'slips in under the key %s is found',
    async (key) => {
      const { sequence: _, mac: __, keyVersion: ___, ...record } = await recordAt(7);
      await put({ ...record, key });
      expect(await broken()).toMatchObject({ why: 'inserted' });
      await put({ ...(await recordAt(7)), key });
      expect(await broken()).toMatchObject({ why: 'inserted' });
    },
  );
});

describe('the head of a chain that somebody without the key', () => {
  it('changes in any field is found', async () => {
    const head = await chain.head();
    if (!head) throw new Error('no head');
    for (const path of pathsOf(head).filter(([name = '']) => name !== 'type' && name !== 'machineId')) {
      await chain.store.commit(machineId, [{ put: changedAt(head, path) }]);
      expect([path.join('.'), await broken()]).toMatchObject([path.join('.'), { why: expect.any(String) }]);
    }
    await chain.store.commit(machineId, [{ put: head }]);
    expect(await broken()).toBeUndefined();
  });

  it('removes is found, and stays found when records are written after it', async () => {
    await chain.store.commit(machineId, [{ remove: 'audit-head' }]);
    expect(await broken()).toMatchObject({ sequence: size, why: 'head_missing' });
    await chain.write(entryOf(1));
    expect(await broken()).toMatchObject({ sequence: size + 1, why: 'head_missing' });
    expect(await chain.head()).toMatchObject({ sequence: size + 2 });
  });

  it('forges is found, and stays found when records are written after it', async () => {
    const head = await chain.head();
    if (!head) throw new Error('no head');
    const forged = { ...head, sequence: 7, mac: (await recordAt(7)).mac };
    for (const sequence of every.slice(7)) await remove(sequence);
    await chain.store.commit(machineId, [{ put: forged }]);
    expect(await broken()).toMatchObject({ sequence: 7, why: 'changed' });
    await chain.write(entryOf(1));
    expect(await broken()).toMatchObject({ sequence: 8, why: 'changed' });
  });

  it('puts back without the records is found, and stays found', async () => {
    const head = await chain.head();
    if (!head) throw new Error('no head');
    await chain.write(entryOf(1));
    await chain.store.commit(machineId, [{ put: head }]);
    expect(await broken()).toMatchObject({ sequence: size + 1, why: 'rolled_back' });
    await chain.write(entryOf(2));
    expect(await broken()).toMatchObject({ sequence: size + 2, why: 'rolled_back' });
  });

  it('puts back with the records is found by whoever noted a later one', async () => {
    const older = await chain.head();
    if (!older) throw new Error('no head');
    await chain.write(entryOf(1));
    const noted = await chain.head();
    if (!noted) throw new Error('no head');
    await remove(size + 1);
    await chain.store.commit(machineId, [{ put: older }]);
    // Within the database nothing is wrong with it.
    expect(await broken()).toBeUndefined();
    const withNote = await verifyAudit(chain.ports, machineId, noted);
    expect(withNote.broken).toMatchObject({ sequence: size + 1, why: 'rolled_back' });
    await chain.write(entryOf(2));
    const later = await verifyAudit(chain.ports, machineId, noted);
    expect(later.broken).toMatchObject({ sequence: size + 1, why: 'rolled_back' });
    const whole = await verifyAudit(chain.ports, machineId, older);
    expect(whole.broken).toBeUndefined();
  });

  it('removes with all records is found by whoever noted one', async () => {
    const noted = await recordAt(3);
    for (const sequence of every) await remove(sequence);
    expect(await broken()).toMatchObject({ sequence: 1, why: 'missing' });
    await chain.store.commit(machineId, [{ remove: 'audit-head' }]);
    const verdict = await verifyAudit(chain.ports, machineId, { sequence: 3, mac: noted.mac });
    expect(verdict.broken).toMatchObject({ why: 'rolled_back' });
  });

  it.each(['s999999999999x', 'x', 'z'])(
    'changes while he puts a record beside the chain under %s stops nobody',
    async (key) => {
      const { sequence: _, mac: __, keyVersion: ___, ...record } = await recordAt(7);
      await put({ ...record, key });
      const head = await chain.head();
      if (!head) throw new Error('no head');
      await chain.store.commit(machineId, [{ put: { ...head, seal: 'x' } }]);
      await chain.write(entryOf(1));
      expect(await recordAt(size + 1)).toMatchObject({ action: 'audit break' });
      expect(await chain.head()).toMatchObject({ sequence: size + 2 });
      expect(await broken()).toBeDefined();
    },
  );

  it('takes from another machine is found', async () => {
    const foreign = 'b'.repeat(26);
    for (const index of every) await chain.write(entryOf(index), foreign);
    const theirs = await chain.head(foreign);
    if (!theirs) throw new Error('no head');
    await chain.store.commit(machineId, [{ put: { ...theirs, machineId } }]);
    expect(await broken()).toMatchObject({ sequence: size, why: 'changed' });
  });
});
