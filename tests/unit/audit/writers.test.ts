import { describe, expect, it } from 'vitest';
import { verifyAudit } from '#functions/audit-reading.ts';
import { commitAudited } from '#orchestrations/audit-trail.ts';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { canonicalJson } from '#shared/protocol/audit-chain.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { createPortFaults } from '../../support/port-faults.ts';
import { entry, machineId, openChain } from './chain.ts';

const mismatch = new AppError('etag_mismatch', 'changed meanwhile');
const operation = (key: string) => ({ type: 'round', machineId, key, after: 'x' }) as const;

describe('many writers at once', () => {
  it('on one machine leave a whole chain in which nothing is lost', async () => {
    const chain = openChain();
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        commitAudited(
          chain.ports,
          machineId,
          [{ create: operation(`r${index}`) }],
          entry(`request write${index}`),
        ),
      ),
    );
    const records = await chain.records();
    expect(new Set(records.map(({ action }) => action)).size).toBe(50);
    expect(await chain.store.list(machineId, 'round', 100)).toHaveLength(50);
    expect(await verifyAudit(chain.ports, machineId)).toMatchObject({ records: 50, head: { sequence: 50 } });
    expect((await verifyAudit(chain.ports, machineId)).broken).toBeUndefined();
  });

  it('with changes that are stale are told so, and nothing of them is recorded', async () => {
    const chain = openChain();
    const [etag = ''] = await chain.store.commit(machineId, [{ create: operation('one') }]);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        commitAudited(
          chain.ports,
          machineId,
          [{ replace: operation('one'), etag }],
          entry(`request write${index}`),
        ),
      ),
    );
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as AppError] : []));
    expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 9 }, () => 'etag_mismatch'));
    expect(await chain.records()).toHaveLength(1);
  });
});

describe('a record with a change', () => {
  it('costs one read beside the batch, and none when the head is known', async () => {
    const chain = openChain();
    const faults = createPortFaults();
    const store = faults.guard('store', chain.store);
    const secrets = faults.guard('secrets', chain.secrets);
    const ports = { ...chain.ports, store, secrets };
    await commitAudited(ports, machineId, [], entry('machine add'));
    const before = faults.calls('store.read');
    await commitAudited(ports, machineId, [{ create: operation('one') }], entry('install begin'));
    expect(faults.calls('store.read')).toBe(before + 1);
    const head = await chain.store.read(machineId, 'audit-head');
    await commitAudited(ports, machineId, [{ create: operation('two') }], entry('install end'), head);
    expect(faults.calls('store.read')).toBe(before + 1);
    expect(faults.calls('store.commit')).toBe(3);
    expect(faults.calls('secrets.getSecret')).toBe(1);
    expect(await chain.records()).toHaveLength(3);
  });

  it('answers the new tags of the changes alone', async () => {
    const chain = openChain();
    const etags = await commitAudited(
      chain.ports,
      machineId,
      [{ create: operation('one') }, { remove: 'agent' }],
      [entry('install begin'), entry('install end')],
    );
    expect(etags).toEqual([(await chain.store.read(machineId, 'round', 'one'))?.etag, undefined]);
    expect((await chain.records()).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('is not lost to a database that answered too late: a stale head is read again', async () => {
    const chain = openChain();
    await chain.write(entry('machine add'));
    const stale = await chain.store.read(machineId, 'audit-head');
    await chain.write(entry('install begin'));
    await commitAudited(chain.ports, machineId, [], entry('install end'), stale);
    expect((await chain.records()).map(({ action }) => action)).toEqual([
      'machine add',
      'install begin',
      'install end',
    ]);
  });

  it('passes every other failure of the database on', async () => {
    const chain = openChain();
    const faults = createPortFaults();
    faults.fail('store.commit', new AppError('store_unavailable', 'throttled'));
    const ports = { ...chain.ports, store: faults.guard('store', chain.store) };
    await expect(commitAudited(ports, machineId, [], entry('machine add'))).rejects.toThrow('throttled');
    faults.fail('store.commit', mismatch);
    await expect(
      commitAudited(ports, machineId, [{ create: operation('one') }], entry('machine add')),
    ).rejects.toThrow('changed meanwhile');
  });
});

describe('the key of the audit', () => {
  it('is taken as it was while the key vault is away', async () => {
    const chain = openChain();
    const faults = createPortFaults();
    const ports = { ...chain.ports, secrets: faults.guard('secrets', chain.secrets) };
    await commitAudited(ports, machineId, [], entry('machine add'));
    faults.fail('secrets.getSecret', new AppError('key_vault_unavailable', 'away'));
    chain.advance(3_600_000);
    await commitAudited(ports, machineId, [], entry('session end'));
    expect((await verifyAudit(chain.ports, machineId)).broken).toBeUndefined();
  });

  it('of a version that is gone leaves records that nobody can check, and a chain that says so', async () => {
    const chain = openChain();
    await chain.write(entry('machine add'));
    const ports = { ...chain.ports, secrets: openChain().secrets };
    ports.secrets.add(secretNames.auditKey, 'second');
    const newest = await ports.secrets.getSecret(secretNames.auditKey);
    const only = { getSecret: async () => newest, listSecretVersions: async () => [newest] };
    const verdict = await verifyAudit({ ...ports, secrets: only }, machineId);
    expect(verdict.broken).toMatchObject({ sequence: 1, why: 'key_unknown' });
  });
});

describe('records of before the chain', () => {
  const old = (index: number): AuditDocument => {
    const at = new Date(Date.UTC(2026, 8, 1, 0, 0, index)).toISOString();
    return { type: 'audit', machineId, key: `${at}-id${index}`, at, ...entry('install end') };
  };

  it('stay where they are, are counted, and are held by the first record', async () => {
    const chain = openChain();
    for (let index = 0; index < 1_203; index += 1)
      await chain.store.commit(machineId, [{ create: old(index) }]);
    await chain.write(entry('install begin'));
    expect(await verifyAudit(chain.ports, machineId)).toMatchObject({ records: 1, earlier: 1_203 });
    expect((await verifyAudit(chain.ports, machineId)).broken).toBeUndefined();
    const [newest] = await chain.store.list(machineId, 'audit', 1);
    expect(newest?.action).toBe('install begin');
  });

  it.each([
    ['changes', { put: { ...old(1), outcome: 'failed' } as AuditDocument }, 'changed'],
    ['removes', { remove: 'audit', key: old(1).key } as const, 'missing'],
    ['adds', { put: old(9) }, 'inserted'],
  ])('are found to be others when somebody %s one', async (_, change, why) => {
    const chain = openChain();
    for (const index of [0, 1, 2]) await chain.store.commit(machineId, [{ create: old(index) }]);
    await chain.write(entry('install begin'));
    await chain.store.commit(machineId, [change]);
    expect((await verifyAudit(chain.ports, machineId)).broken).toMatchObject({ sequence: 0, why });
  });

  it('verify by themselves when nothing came after them', async () => {
    const chain = openChain();
    await chain.store.commit(machineId, [{ create: old(1) }]);
    expect(await verifyAudit(chain.ports, machineId)).toEqual({ records: 0, earlier: 1, head: undefined });
  });
});

describe('what strangers can put into a record', () => {
  it('is cut to a length, and comes back from the database as it went in', async () => {
    const chain = openChain();
    await chain.write(
      entry(`request ${'x'.repeat(1_000)}`, {
        actor: { id: 'y'.repeat(5_000), name: '\ud800 half a character', kind: 'user' },
        from: 'z'.repeat(5_000),
        detail: 'd'.repeat(1_000_000),
        decision: { grantedBy: Array.from({ length: 500 }, (_, index) => `assignment ${index}`) },
      }),
    );
    const [record] = await chain.records();
    expect(JSON.stringify(record).length).toBeLessThan(5_000);
    expect(record?.actor.name).toBe('\ufffd half a character');
    expect((await verifyAudit(chain.ports, machineId)).broken).toBeUndefined();
  });

  it('has one writing, whatever the order of its members', () => {
    expect(canonicalJson({ b: [1, { d: null, c: undefined }], a: 'é"\n' })).toBe(
      String.raw`{"a":"é\"\n","b":[1,{"d":null}]}`,
    );
    expect(canonicalJson({ b: 1, a: 2 })).toBe(canonicalJson({ a: 2, b: 1 }));
  });
});

describe('a long chain', () => {
  it('of ten thousand records is read in pages', { timeout: 60_000 }, async () => {
    const chain = openChain();
    const batch = Array.from({ length: 90 }, (_, index) => entry(`request write${index}`));
    for (let written = 0; written < 10_000; written += batch.length)
      await commitAudited(chain.ports, machineId, [], batch);
    const faults = createPortFaults();
    const store = faults.guard('store', chain.store);
    const verdict = await verifyAudit({ ...chain.ports, store }, machineId);
    expect(verdict.broken).toBeUndefined();
    expect(verdict.records).toBe(10_080);
    expect(faults.calls('store.list')).toBe(21);
  });
});
