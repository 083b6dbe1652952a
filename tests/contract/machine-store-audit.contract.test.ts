import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAudit, readOldestFirst, verifyAudit } from '#functions/audit-reading.ts';
import { commitAudited } from '#orchestrations/audit-trail.ts';
import type { AuditEntry } from '#shared/domain/audit.ts';
import type { AuditAction } from '#shared/domain/audit-actions.ts';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import { auditKeyOf } from '#shared/protocol/audit-chain.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { type MachineStoreSubject, openCosmos, openMemory } from '../support/machine-store-subjects.ts';
import { createMemorySecretStore } from '../support/memory-secret-store.ts';

const entry = (action: AuditAction): AuditEntry => ({
  actor: { id: 'u1', name: 'Ægir 😀 "admin"', kind: 'user' },
  action,
  outcome: 'succeeded',
  session: { sessionId: 's1', service: 'WAC', seconds: 0.125, bytesUp: 2 ** 40, bytesDown: 0 },
  detail: 'line one\nline two \u2028 end',
});

describe.each([
  ['in memory', openMemory],
  ['on Cosmos', openCosmos],
])('the audit of a machine, in a machine store %s', (_, open) => {
  let subject: MachineStoreSubject;
  let machines = 0;
  let machineId: string;
  const secrets = createMemorySecretStore({ [secretNames.auditKey]: ['key of the audit'] });
  const ports = () => ({ store: subject.store, secrets, now: () => new Date(subject.clock.now()) });
  const write = (action: AuditAction) => commitAudited(ports(), machineId, [], entry(action));
  const before = (index: number): AuditDocument => {
    const at = new Date(Date.UTC(2026, 8, 1, 0, index)).toISOString();
    return { ...entry('install end'), type: 'audit', machineId, key: `${at}-x${index}`, at };
  };

  beforeAll(async () => {
    subject = await open();
  });
  afterAll(() => subject.close());
  beforeEach(() => {
    machineId = `audited-${(machines += 1)}`;
  });

  it('is listed newest first, before a place, those of before the chain last', async () => {
    await subject.store.commit(machineId, [{ create: before(1) }, { create: before(2) }]);
    for (const action of ['machine add', 'install begin', 'install end'] as const) await write(action);
    const keys = async (limit: number, place?: string) =>
      (await subject.store.list(machineId, 'audit', limit, place)).map(({ key }) => key);
    const [third, second, first] = [3, 2, 1].map(auditKeyOf);
    expect(await keys(10)).toEqual([third, second, first, before(2).key, before(1).key]);
    expect(await keys(2)).toEqual([third, second]);
    expect(await keys(2, second)).toEqual([first, before(2).key]);
    expect(await keys(9, before(1).key)).toEqual([]);
  });

  it('is a whole chain after many writers at once, read either way', async () => {
    await Promise.all(Array.from({ length: 20 }, (_unused, index) => write(`request write${index}`)));
    expect(await verifyAudit(ports(), machineId)).toMatchObject({ records: 20, head: { sequence: 20 } });
    expect((await verifyAudit(ports(), machineId)).broken).toBeUndefined();
    const newestFirst: AuditDocument[] = [];
    for await (const record of readAudit(ports(), machineId)) newestFirst.push(record);
    const oldestFirst: AuditDocument[] = [];
    for await (const record of readOldestFirst(ports(), machineId, 5, 15)) oldestFirst.push(record);
    expect(new Set(newestFirst.map(({ action }) => action)).size).toBe(20);
    expect(oldestFirst).toEqual(newestFirst.slice(5, 15).toReversed());
  });

  it('holds through what the database does to a record, and shows what somebody did to one', async () => {
    for (let index = 1; index <= 5; index += 1) await write('session open');
    const [newest] = await subject.store.list(machineId, 'audit', 1);
    if (!newest) throw new Error('no record');
    expect((await verifyAudit(ports(), machineId)).broken).toBeUndefined();
    await subject.store.commit(machineId, [{ put: { ...newest, outcome: 'failed' } }]);
    expect((await verifyAudit(ports(), machineId)).broken).toMatchObject({ sequence: 5, why: 'changed' });
    await subject.store.commit(machineId, [{ remove: 'audit', key: auditKeyOf(2) }]);
    expect((await verifyAudit(ports(), machineId)).broken).toMatchObject({ sequence: 2, why: 'missing' });
  });

  it('takes nothing of a batch in which something is stale', async () => {
    await write('machine add');
    const round = { type: 'round', machineId, key: 'r', after: 'x' } as const;
    const stale = commitAudited(
      ports(),
      machineId,
      [{ replace: round, etag: '"stale"' }],
      entry('machine add'),
    );
    await expect(stale).rejects.toMatchObject({ code: 'etag_mismatch' });
    expect(await verifyAudit(ports(), machineId)).toMatchObject({ records: 1, head: { sequence: 1 } });
  });
});
