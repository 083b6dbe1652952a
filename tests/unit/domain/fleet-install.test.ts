import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Waiter } from '#shared/domain/budget.ts';
import type { CertificateRecord, IssuedLeaf } from '#shared/domain/certificate.ts';
import { toCsv } from '#shared/domain/csv.ts';
import { AppError, describeError } from '#shared/domain/error.ts';
import {
  countMachines,
  endedMachine,
  estimateEnd,
  type FleetMachine,
  fleetPercent,
  type MachineOutlook,
  needsCertificate,
  refusalOf,
} from '#shared/domain/fleet-install.ts';
import { turnsOf } from '#shared/domain/fleet-turns.ts';
import { newOperation, type Operation } from '#shared/domain/operation.ts';

const now = Date.parse('2026-10-01T12:00:00Z');
const at = new Date(now).toISOString();
const hourMs = 3_600_000;

describe('what an install of one machine of many would come to', () => {
  const failure = { code: 'memory', rule: 'memory', met: false, severity: 'failure' } as const;
  const unmet = { ...failure, found: '1 GiB', needed: '3 GiB', remedy: 'Add some.' };
  const missingAction = 'Microsoft.HybridCompute/machines/extensions/write';
  const outlook = (change: Partial<MachineOutlook> = {}): MachineOutlook => ({
    machine: {},
    wishes: {},
    right: { allowed: true, grantedBy: [] },
    holder: undefined,
    failures: [],
    ...change,
  });
  const installed = { extension: { state: 'installed', port: 6516, installedAt: at } } as const;
  const byHand = { manualInstallation: { foundAt: at, found: 'by hand' } };

  it.each<[string, Partial<MachineOutlook>, string | undefined]>([
    ['nothing stands in the way', {}, undefined],
    ['a right is missing', { right: { allowed: false, missingAction } }, 'refuse access_denied'],
    ['another operation runs', { holder: { id: 'x.y', kind: 'repair' } }, 'skip operation_in_progress'],
    ['it is installed', { machine: installed }, 'skip undefined'],
    ['it is installed with this port', { machine: installed, wishes: { port: 6516 } }, 'skip undefined'],
    ['it has another port', { machine: installed, wishes: { port: 443 } }, undefined],
    ['its key is held by another', { machine: installed, wishes: { keys: 'machine' } }, undefined],
    [
      'its key is held as wished',
      { machine: { ...installed, custody: 'machine' }, wishes: { keys: 'machine' } },
      'skip undefined',
    ],
    ['an earlier one failed', { machine: { extension: { state: 'failed', port: 6516 } } }, undefined],
    ['one was installed by hand', { machine: byHand }, 'refuse consent_required'],
    ['it may be lost', { machine: byHand, wishes: { consent: true } }, undefined],
    [
      'somebody agreed before',
      { machine: { ...byHand, replaceConsent: { at, by: { id: 'a', name: 'a' } } } },
      undefined,
    ],
    ['a requirement is not met', { failures: [unmet] }, 'refuse precondition_unmet'],
  ])('when %s', (_, change, expected) => {
    const refusal = refusalOf(outlook(change));
    expect(refusal && `${refusal.action} ${refusal.error?.code}`).toBe(expected);
  });
});

describe('whether an install orders a certificate', () => {
  const leaf: IssuedLeaf = {
    thumbprint: 'ab',
    serialNumber: '01',
    notBefore: new Date(now - 24 * hourMs).toISOString(),
    notAfter: new Date(now + 89 * 24 * hourMs).toISOString(),
    machineName: 'name',
    hostNames: [],
    custody: 'vault',
    version: '1',
    issuedBy: { name: 'a', authority: 'a', account: 'a' },
    issuedAt: at,
  };
  const record: CertificateRecord = { state: 'withdrawn', custody: 'vault', leaf };

  it.each<[string, CertificateRecord | undefined, boolean]>([
    ['without a record', undefined, true],
    ['with one that is good for longer', record, false],
    ['with one that is due', { ...record, leaf: { ...leaf, notAfter: at } }, true],
    ['with a key that another holds', { ...record, leaf: { ...leaf, custody: 'machine' } }, true],
    ['with one that was revoked', { ...record, state: 'revoked' }, true],
  ])('%s', (_, found, expected) => {
    expect(needsCertificate(found, 'vault', now)).toBe(expected);
  });
});

describe('how far an install on many machines is', () => {
  const machines = (['succeeded', 'failed', 'running', 'waiting', 'refused'] as const).map((status) => ({
    status,
  }));

  it('counts what has come to an end', () => {
    const counts = countMachines(machines);
    expect(counts).toEqual({ waiting: 1, running: 1, succeeded: 1, failed: 1, refused: 1, skipped: 0 });
    expect(fleetPercent(5, counts)).toBe(60);
    expect(fleetPercent(0, countMachines([]))).toBe(100);
  });

  it('ends by its pace, or with the last turn at an authority, whichever is later', () => {
    const fleet = { status: 'running', createdAt: new Date(now - hourMs).toISOString(), total: 5 } as const;
    const counts = countMachines(machines);
    expect(estimateEnd(fleet, counts, now)).toBe(new Date(now + hourMs).toISOString());
    const lastTurnAt = new Date(now + 9 * hourMs).toISOString();
    expect(estimateEnd({ ...fleet, lastTurnAt }, counts, now)).toBe(lastTurnAt);
    expect(estimateEnd({ ...fleet, status: 'paused' }, counts, now)).toBeUndefined();
    expect(estimateEnd(fleet, countMachines([{ status: 'waiting' }]), now)).toBeUndefined();
  });
});

describe('the record of a machine when its operation has ended', () => {
  const machine: FleetMachine = {
    resourceId: 'x',
    kind: 'arc',
    name: 'x',
    place: 0,
    status: 'running',
    operationId: 'a.b',
    startedAt: at,
  };
  const running = newOperation('a.b', 'a', 'install', { id: 'a', name: 'a' }, at);
  const failed = (error: AppError): Operation => ({
    ...running,
    status: 'failed',
    endedAt: at,
    error: describeError(error),
  });

  it('says how', () => {
    expect(endedMachine(machine, running, at)).toBe(machine);
    expect(endedMachine(machine, { ...running, status: 'succeeded', endedAt: at }, at).status).toBe(
      'succeeded',
    );
    const error = new AppError('agent_not_serving', 'after 20 minutes');
    expect(endedMachine(machine, failed(error), at)).toMatchObject({
      status: 'failed',
      code: 'agent_not_serving',
      detail: 'after 20 minutes',
      remedy: describeError(error).remedy,
    });
  });

  it('waits again where a late turn was given back', () => {
    const given = new AppError('operation_cancelled', 'later', { facts: { turnAt: at } });
    const after = endedMachine(machine, failed(given), at);
    expect(after).toMatchObject({ status: 'waiting', detail: 'later' });
    expect(after).not.toHaveProperty('operationId');
    expect(endedMachine(machine, failed(new AppError('operation_cancelled', 'by hand')), at).status).toBe(
      'failed',
    );
  });
});

describe('the turns of many installs', () => {
  const limit = {
    id: 'orders',
    title: 'Orders',
    capacity: 2,
    refillMs: hourMs,
    scope: 'zone',
    freeForReplacements: false,
  } as const;
  const authority = {
    name: 'a',
    authority: 'a',
    custodies: ['vault'],
    limits: [limit],
    buckets: [],
    waiters: [],
  } as const;
  const wanted = ['one', 'two', 'three'].map((machineId) => ({ machineId, custody: 'vault' }) as const);
  const hoursOf = (turns: Map<string, number>) =>
    wanted.map(({ machineId }) => ((turns.get(machineId) ?? 0) - now) / hourMs);

  it('come one by one as the budget refills, in their order', () => {
    expect(hoursOf(turnsOf([authority], [], wanted, now))).toEqual([0, 0, 1]);
  });

  it('come behind whoever waits already and whatever is due', () => {
    const waiter: Waiter = {
      machineId: 'other',
      urgency: 'renewal',
      since: at,
      turnAt: at,
      needs: ['orders'],
    };
    expect(hoursOf(turnsOf([{ ...authority, waiters: [waiter] }], [], wanted, now))).toEqual([0, 1, 2]);
    const due = { machineId: 'due', state: 'waiting', custody: 'vault', dueAt: at } as const;
    expect(hoursOf(turnsOf([authority], [due], wanted, now))).toEqual([0, 1, 2]);
  });

  it('wait for an authority that is closed', () => {
    const until = new Date(now + 5 * hourMs).toISOString();
    const closure = { until, reason: 'outage', detail: 'away', count: 1 } as const;
    expect(hoursOf(turnsOf([{ ...authority, closure }], [], wanted, now))).toEqual([5, 5, 6]);
  });
});

describe('a table in CSV', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['\t=1', "'\t=1"],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['plain', 'plain'],
  ])('writes %j as %s', (text, cell) => {
    expect(toCsv([[text, 1, null]])).toBe(`${cell},1,\r\n`);
  });

  it('is read as it was written, whatever the text, and no cell is a formula', () => {
    const read = (text: string) =>
      [...text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)].map(([, cell = '']) =>
        cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
      );
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), (row) => {
        const cells = read(toCsv([row]));
        expect(cells.map((cell) => cell.replace(/^'(?=\s*[=+\-@\t\r])/, ''))).toEqual(
          row.map((cell) => cell.replace(/^'(?=\s*[=+\-@\t\r])/, '')),
        );
        expect(cells.filter((cell) => /^\s*[=+\-@]/.test(cell))).toEqual([]);
      }),
    );
  });
});
