import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import type {
  CertificateDocument,
  EnrolmentDocument,
  MachineDocument,
  OperationDocument,
  SessionDocument,
} from '#shared/domain/documents.ts';
import { newOperation } from '#shared/domain/operation.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { type MachineStoreSubject, openCosmos, openMemory } from '../support/machine-store-subjects.ts';

let machines = 0;
let machineId: string;

const machine = (changes: Partial<MachineDocument> = {}): MachineDocument => ({
  type: 'machine',
  machineId,
  resourceId: `/subscriptions/s/machines/${machineId}`,
  kind: 'arc',
  displayName: 'web-01',
  subscriptionId: 's',
  ...changes,
});
const audit = (key: string): AuditDocument => ({
  type: 'audit',
  machineId,
  key,
  at: '2026-10-01T12:00:00.000Z',
  actor: { id: 'u1', name: 'admin' },
  action: 'install end',
  outcome: 'succeeded',
});
const certificate = (dates: { dueAt?: string; checkAt?: string }): CertificateDocument => ({
  type: 'certificate',
  machineId,
  state: 'served',
  custody: 'vault',
  leaf: {
    thumbprint: 'ab',
    serialNumber: '01',
    notBefore: '2026-10-01T00:00:00.000Z',
    notAfter: '2026-12-30T00:00:00.000Z',
    machineName: 'n',
    hostNames: ['n.wac.test', '*.n.wac.test'],
    custody: 'vault',
    version: '1',
    issuedBy: { name: 'a', authority: 'https://a.test', account: 'b' },
    issuedAt: '2026-10-01T00:00:00.000Z',
  },
  ...dates,
});
const enrolment = (changes: Partial<EnrolmentDocument> = {}): EnrolmentDocument => ({
  type: 'enrolment',
  machineId,
  tokenHash: 'hash',
  ...changes,
});
const stale = { code: 'etag_mismatch', isRetryable: true };

describe.each([
  { name: 'in memory', open: openMemory },
  { name: 'on Cosmos', open: openCosmos },
])('the machine store $name', ({ open }) => {
  let subject: MachineStoreSubject;
  let store: MachineStore;

  beforeAll(async () => {
    subject = await open();
    store = subject.store;
  });
  afterAll(() => subject.close());
  beforeEach(() => {
    machineId = `machine-${(machines += 1)}`;
  });

  describe('a document', () => {
    it('that is absent is undefined, alone or in a list', async () => {
      expect(await store.read(machineId, 'machine')).toBeUndefined();
      expect(await store.read(machineId, 'session', 'none')).toBeUndefined();
      expect(await store.list(machineId, 'audit', 10)).toEqual([]);
    });

    it('is read as it was written, with its ETag', async () => {
      const written = machine({ endpoint: { enabled: true, services: { WAC: 6516 } } });
      const [etag] = await store.commit(machineId, [{ create: written }]);
      expect(await store.read(machineId, 'machine')).toEqual({ document: written, etag });
      expect(etag).toEqual(expect.any(String));
    });

    it('keeps an id of its own beside the store’s', async () => {
      const operation: OperationDocument = {
        ...newOperation(
          `${machineId}.1`,
          machineId,
          'install',
          { id: 'u', name: 'n' },
          '2026-10-01T12:00:00.000Z',
        ),
        type: 'operation',
        key: `${machineId}.1`,
        input: { port: 6516, nested: { list: [1, 'two', null] } },
      };
      await store.commit(machineId, [{ create: operation }]);
      expect((await store.read(machineId, 'operation', `${machineId}.1`))?.document).toEqual(operation);
    });

    it('of one machine is not seen in another’s partition', async () => {
      await store.commit(machineId, [{ create: machine() }]);
      expect(await store.read(`${machineId}-other`, 'machine')).toBeUndefined();
    });

    it('with undefined members is stored without them', async () => {
      await store.commit(machineId, [{ create: Object.assign(machine(), { facts: undefined }) }]);
      expect((await store.read(machineId, 'machine'))?.document).toEqual(machine());
    });

    it('that was read and changed leaves what is stored as it is', async () => {
      await store.commit(machineId, [{ create: machine() }]);
      const read = await store.read(machineId, 'machine');
      if (read) read.document.displayName = 'changed';
      expect((await store.read(machineId, 'machine'))?.document.displayName).toBe('web-01');
    });
  });

  describe('a change', () => {
    it('creates once: the second create is stale', async () => {
      await store.commit(machineId, [{ create: machine() }]);
      const again = store.commit(machineId, [{ create: machine({ displayName: 'other' }) }]);
      await expect(again).rejects.toMatchObject(stale);
      expect((await store.read(machineId, 'machine'))?.document.displayName).toBe('web-01');
    });

    it('replaces under the current ETag and under no older one', async () => {
      const [first = ''] = await store.commit(machineId, [{ create: machine() }]);
      const [second] = await store.commit(machineId, [
        { replace: machine({ displayName: 'two' }), etag: first },
      ]);
      expect(second).not.toBe(first);
      await expect(
        store.commit(machineId, [{ replace: machine({ displayName: 'three' }), etag: first }]),
      ).rejects.toMatchObject(stale);
      expect(await store.read(machineId, 'machine')).toEqual({
        document: machine({ displayName: 'two' }),
        etag: second,
      });
    });

    it('is won by exactly one of those who race', async () => {
      const [etag = ''] = await store.commit(machineId, [{ create: machine() }]);
      const racers = Array.from({ length: 5 }, (_, index) =>
        store.commit(machineId, [{ replace: machine({ displayName: `racer ${index}` }), etag }]),
      );
      const results = await Promise.allSettled(racers);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results.filter((one) => one.status === 'rejected'))
        expect(result.reason).toMatchObject(stale);
    });

    it('of what is gone is stale', async () => {
      const [etag = ''] = await store.commit(machineId, [{ create: machine() }]);
      await store.commit(machineId, [{ remove: 'machine' }]);
      await expect(store.commit(machineId, [{ replace: machine(), etag }])).rejects.toMatchObject(stale);
      expect(await store.read(machineId, 'machine')).toBeUndefined();
    });

    it('puts whatever is there', async () => {
      await store.commit(machineId, [{ put: enrolment() }]);
      await store.commit(machineId, [{ put: enrolment({ tokenHash: 'newer' }) }]);
      expect((await store.read(machineId, 'enrolment'))?.document.tokenHash).toBe('newer');
    });

    it('removes what is not there without a word', async () => {
      await store.commit(machineId, [{ remove: 'machine' }, { remove: 'session', key: 'none' }]);
      expect(await store.read(machineId, 'machine')).toBeUndefined();
    });
  });

  describe('changes together', () => {
    it('are all made, and answer their ETags in order', async () => {
      const etags = await store.commit(machineId, [
        { remove: 'enrolment' },
        { create: machine() },
        { put: audit('1') },
      ]);
      expect(etags).toEqual([
        undefined,
        (await store.read(machineId, 'machine'))?.etag,
        (await store.read(machineId, 'audit', '1'))?.etag,
      ]);
    });

    it('answer nothing for what they removed', async () => {
      await store.commit(machineId, [{ create: enrolment() }]);
      const etags = await store.commit(machineId, [{ create: machine() }, { remove: 'enrolment' }]);
      expect(etags).toEqual([expect.any(String), undefined]);
      expect(await store.read(machineId, 'enrolment')).toBeUndefined();
    });

    it.each([
      ['the first', 0],
      ['the last', 1],
    ])('are none made when %s of them is stale', async (_, at) => {
      await store.commit(machineId, [{ create: machine() }]);
      const changes = [{ create: audit('1') }];
      const bad = { replace: machine({ displayName: 'two' }), etag: '"stale"' };
      const together = at === 0 ? [bad, ...changes] : [...changes, bad];
      await expect(store.commit(machineId, together)).rejects.toMatchObject(stale);
      expect(await store.read(machineId, 'audit', '1')).toBeUndefined();
      expect((await store.read(machineId, 'machine'))?.document.displayName).toBe('web-01');
    });
  });

  describe('a list', () => {
    it('has the newest key first, of one type and no more than asked for', async () => {
      const keys = ['2026-10-03', '2026-10-01', '2026-10-04', '2026-10-02'];
      await store.commit(machineId, [...keys.map((key) => ({ create: audit(key) })), { create: machine() }]);
      const listed = await store.list(machineId, 'audit', 3);
      expect(listed.map(({ key }) => key)).toEqual(['2026-10-04', '2026-10-03', '2026-10-02']);
      expect(listed[0]).toEqual(audit('2026-10-04'));
    });
  });

  describe('a document with a lifetime', () => {
    const session = (ttlSeconds: number): SessionDocument => ({
      type: 'session',
      machineId,
      key: 's1',
      id: 's1',
      service: 'WAC',
      user: { id: 'u', name: 'n' },
      state: 'open',
      createdAt: 1,
      expiresAt: 2,
      ttlSeconds,
    });

    it('is forgotten after it, everywhere', async () => {
      await store.commit(machineId, [{ create: session(60) }, { create: machine() }]);
      expect((await store.read(machineId, 'session', 's1'))?.document).toEqual(session(60));
      subject.clock.advance(61_000);
      expect(await store.read(machineId, 'session', 's1')).toBeUndefined();
      expect(await store.list(machineId, 'session', 10)).toEqual([]);
      expect(await store.read(machineId, 'machine')).toBeDefined();
      await store.commit(machineId, [{ create: session(60) }]);
    });

    it('lives anew from its last write', async () => {
      await store.commit(machineId, [{ create: session(60) }]);
      subject.clock.advance(40_000);
      await store.commit(machineId, [{ put: session(60) }]);
      subject.clock.advance(40_000);
      expect(await store.read(machineId, 'session', 's1')).toBeDefined();
    });
  });

  describe('across machines', () => {
    it.each([
      ['due', 'dueAt', 'findDue'],
      ['to be asked about', 'checkAt', 'findChecks'],
    ] as const)(
      'finds what is %s by now, the oldest first, and no more than asked for',
      async (_, date, find) => {
        const dates = ['2001-01-03', '2001-01-01', '2001-01-04', '2001-01-02'].map(
          (day) => `${day}T00:00:00.000Z`,
        );
        const [, , latest] = dates;
        machineId = `${date}-never`;
        await store.commit(machineId, [{ create: certificate({}) }]);
        for (const at of dates) {
          machineId = `${date}-${at}`;
          await store.commit(machineId, [{ create: machine() }, { create: certificate({ [date]: at }) }]);
        }
        const found = await store[find]('2001-01-03T00:00:00.000Z', 10);
        expect(found.map((one) => one[date]?.slice(0, 10))).toEqual([
          '2001-01-01',
          '2001-01-02',
          '2001-01-03',
        ]);
        expect(found.map((one) => one.machineId)).not.toContain(`${date}-${latest}`);
        expect(await store[find]('2001-01-03T00:00:00.000Z', 1)).toHaveLength(1);
        expect(await store[find]('2000-01-01T00:00:00.000Z', 10)).toEqual([]);
      },
    );

    it('lists every machine', async () => {
      await store.commit(machineId, [
        { create: machine() },
        { create: certificate({ dueAt: '2030-01-01' }) },
      ]);
      const listed = await store.listMachines();
      expect(listed).toContainEqual(machine());
      expect(listed.every(({ type }) => type === 'machine')).toBe(true);
    });
  });
});
