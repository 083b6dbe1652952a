import { beforeEach, describe, expect, it } from 'vitest';
import { forgottenPartition } from '#shared/domain/audit-documents.ts';
import { AppError } from '#shared/domain/error.ts';
import {
  type AuditRecord,
  auditedMachinesReply,
  auditReply,
  auditVerifyReply,
} from '#shared/protocol/audit-api.ts';
import { type AuditRoutes, openAuditRoutes } from '../../support/audit-routes.ts';
import { subscriptionId } from '../../support/memory-ports.ts';
import { machineId, resourceId } from '../../support/sample-machine.ts';
import { entry } from '../audit/chain.ts';

let routes: AuditRoutes;
beforeEach(async () => {
  routes = await openAuditRoutes();
});

const actions = ['install begin', 'install end', 'session open', 'session end', 'lease approve'] as const;
async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    routes.clock.advance(1000);
    await routes.record(
      entry(actions[index % actions.length] ?? 'install begin', {
        outcome: index % 3 === 0 ? 'refused' : 'succeeded',
        detail: `number ${index + 1}`,
      }),
    );
  }
}
const codeOf = ({ body }: { body: unknown }) => (JSON.parse(String(body)) as { code: string }).code;
const list = async (query = '') => auditReply.parse((await routes.get('listAudit', 'auditor', query)).body);

describe('the audit of a machine', () => {
  it.each([
    ['auditor', 200],
    ['collector', 200],
    ['owner', 200],
    ['program', 200],
    ['reader', 403],
    ['stranger', 404],
    ['foreigner', 404],
  ])('is read by those with the app role or who say who may connect: %s, %i', async (caller, status) => {
    await fill(1);
    for (const name of ['listAudit', 'verifyAudit', 'exportAudit'])
      expect([name, (await routes.get(name, caller)).status]).toEqual([name, status]);
  });

  it('gives an auditor nothing else of the machine', async () => {
    for (const name of ['getMachine', 'getExtension', 'getPreconditions', 'getOperation'])
      expect((await routes.call(name, 'auditor')).status).toBe(404);
  });

  it('is listed newest first in pages that lead on', async () => {
    await fill(120);
    const numbers: number[] = [];
    let query = '?top=50';
    for (let pages = 0; pages < 3; pages += 1) {
      const { value, nextLink } = await list(query);
      numbers.push(...value.map(({ sequence }) => sequence));
      query = nextLink?.slice(nextLink.indexOf('?')) ?? '';
      expect(nextLink === undefined).toBe(pages === 2);
    }
    expect(numbers).toEqual(Array.from({ length: 120 }, (_, index) => 120 - index));
  });

  it.each([
    ['action=session', 'session end, session open'],
    ['action=lease%20approve', 'lease approve'],
    ['action=end', 'session end, install end'],
    ['outcome=refused', 'session end, install begin'],
    ['actor=SOMEONE', 'lease approve, session end, session open, install end, install begin'],
    ['actor=nobody', ''],
  ])('is filtered by %s', async (query, expected) => {
    await fill(5);
    const { value } = await list(`?${query}`);
    const found = value.map(({ action }) => action).join(', ');
    expect(found).toBe(expected);
  });

  it('is filtered by time, its ends included', async () => {
    await fill(5);
    const [newest, ...older] = await routes.audits();
    const query = `?from=${older[2]?.at ?? ''}&to=${older[0]?.at ?? ''}`;
    expect(newest?.at).toBeDefined();
    expect((await list(query)).value.map(({ sequence }) => sequence)).toEqual([4, 3, 2]);
  });

  it.each(['?top=0', '?top=501', '?before=0', '?from=yesterday', '?outcome=maybe', '?more=1'])(
    'refuses the question %s',
    async (query) => {
      expect((await routes.get('listAudit', 'auditor', query)).status).toBe(400);
    },
  );

  it('is found intact with its head, and broken where a record was changed', async () => {
    await fill(7);
    const whole = auditVerifyReply.parse((await routes.get('verifyAudit', 'auditor', '/verify')).body);
    expect(whole).toMatchObject({ intact: true, records: 7, head: { sequence: 7 } });
    const [newest, ...older] = await routes.audits();
    const third = older.at(-3);
    if (!third || !newest) throw new Error('no record');
    await routes.memory.store.commit(machineId, [{ put: { ...third, outcome: 'allowed' } }]);
    const broken = auditVerifyReply.parse((await routes.get('verifyAudit', 'auditor', '/verify')).body);
    expect(broken).toMatchObject({ intact: false, broken: { sequence: 3, why: 'changed' } });
  });

  it('is compared with a head that was noted, also as a spreadsheet writes it', async () => {
    await fill(3);
    const { value } = await list();
    const mac = value.at(0)?.mac ?? '';
    const verify = async (query: string) =>
      auditVerifyReply.parse((await routes.get('verifyAudit', 'auditor', `/verify?${query}`)).body).intact;
    expect(await verify(`sequence=3&mac=${mac}`)).toBe(true);
    expect(await verify(`sequence=3&mac='${mac}`)).toBe(true);
    expect(await verify(`sequence=3&mac=x${mac.slice(1)}`)).toBe(false);
    expect(await verify('sequence=4')).toBe(false);
  });

  it('stays when the machine is forgotten, for auditors alone', async () => {
    await fill(2);
    const forgotten = { type: 'forgotten-machine', machineId: forgottenPartition, key: machineId } as const;
    await routes.memory.store.commit(forgottenPartition, [
      { put: { ...forgotten, name: 'web-01', resourceId, subscriptionId } },
    ]);
    await routes.memory.store.commit(machineId, [{ remove: 'machine' }]);
    expect((await list()).value).toHaveLength(2);
    expect((await routes.get('listAudit', 'owner')).status).toBe(404);
    const all = async (caller: string) =>
      auditedMachinesReply.parse((await routes.call('listAuditedMachines', caller)).body).value;
    expect(await all('auditor')).toEqual([{ machineId, name: 'web-01', resourceId }]);
    expect(await all('owner')).toEqual([]);
  });

  it('has the records of before the chain at its end, with number 0', async () => {
    const at = '2026-09-01T00:00:00.000Z';
    const old = { type: 'audit', machineId, at, ...entry('install end') } as const;
    await routes.memory.store.commit(
      machineId,
      [1, 2, 3].map((index) => ({ create: { ...old, key: `${at}-${index}` } })),
    );
    await fill(4);
    const first = await list('?top=3');
    expect(first.value.map(({ sequence }) => sequence)).toEqual([4, 3, 2]);
    const second = await list(first.nextLink?.slice(first.nextLink.indexOf('?')) ?? '');
    expect(second.value.map(({ sequence }) => sequence)).toEqual([1, 0, 0, 0]);
    expect(second.nextLink).toBeUndefined();
  });

  it('stays when the subscription is gone', async () => {
    await fill(2);
    routes.memory.faults.fail('resources.tenantOf', new AppError('machine_not_found', 'no subscription'));
    expect((await list()).value).toHaveLength(2);
  });

  it.each([
    ['auditor', 1],
    ['collector', 1],
    ['owner', 1],
    ['reader', 0],
    ['stranger', 0],
    ['foreigner', 0],
  ])('is among those that %s may read: %i', async (caller, count) => {
    const { body } = await routes.call('listAuditedMachines', caller);
    expect(auditedMachinesReply.parse(body).value).toHaveLength(count);
  });

  it('is of no machine that nobody knows', async () => {
    const params = { id: 'a'.repeat(26) };
    for (const caller of ['auditor', 'owner'])
      expect(codeOf(await routes.call('listAudit', caller, { params }))).toBe('machine_not_found');
    expect(await routes.audits('a'.repeat(26))).toEqual([]);
  });
});

describe('an export of the audit', () => {
  const linesOf = (body: unknown) =>
    String(body)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditRecord);

  it('has every record with its mac, oldest first, and is recorded itself', async () => {
    await fill(700);
    const { body, headers } = await routes.get('exportAudit', 'collector', '/export');
    const records = linesOf(body);
    expect(records.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 701 }, (_, index) => index + 1),
    );
    const last = records.at(-1);
    expect(last).toMatchObject({
      action: 'audit export',
      actor: { kind: 'application' },
      from: '203.0.113.7',
    });
    expect(headers.get('audit-head')).toBe(`701 ${last?.mac ?? ''}`);
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="audit-${machineId}-1-701.jsonl"`);
    expect(headers.get('link')).toBeNull();
  });

  it('comes in parts that lead on and make a whole', async () => {
    const batch = Array.from({ length: 90 }, () => entry('session open'));
    for (let written = 0; written < 5_040; written += batch.length) await routes.record(batch);
    const parts: AuditRecord[] = [];
    let query = '/export';
    for (;;) {
      const { body, headers } = await routes.get('exportAudit', 'auditor', query);
      parts.push(...linesOf(body));
      const next = /^<\/api\/machines\/\w+\/audit(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      if (next === undefined) break;
      query = next;
    }
    expect(parts.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 5_042 }, (_, index) => index + 1),
    );
  });

  it('as a table has no cell that a spreadsheet would run', async () => {
    await routes.record(
      entry('session open', {
        actor: { id: '=1+1', name: '@SUM(A1)', kind: 'user' },
        detail: '=cmd|"/c calc"!A1\nsecond line, with a comma',
      }),
    );
    const { body, headers } = await routes.get('exportAudit', 'auditor', '/export?format=csv&action=session');
    const [heading, row] = String(body).split('\r\n');
    expect(heading?.split(',').slice(0, 6)).toEqual([
      'sequence',
      'at',
      'action',
      'outcome',
      'actorId',
      'actorName',
    ]);
    expect(row).toContain(`'=1+1,'@SUM(A1),user`);
    expect(row).toContain(`"'=cmd|""/c calc""!A1\nsecond line, with a comma"`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  });

  it('is taken with what was filtered alone', async () => {
    await fill(10);
    const { body } = await routes.get('exportAudit', 'auditor', '/export?action=lease');
    expect(linesOf(body).map(({ action }) => action)).toEqual(['lease approve', 'lease approve']);
  });
});
