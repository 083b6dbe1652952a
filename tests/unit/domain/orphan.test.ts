import { describe, expect, it } from 'vitest';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { haltOf, hasArrived, judgeOrphan } from '#shared/domain/orphan.ts';
import { machine } from '../../support/sample-machine.ts';

const goneSince = '2026-10-01T12:00:00.000Z';
const installed = { state: 'installed', port: 6516, installedAt: '2026-09-01T00:00:00Z' } as const;
const fleet = (known: number, gone: number, changes: Partial<MachineDocument> = {}): MachineDocument[] =>
  Array.from({ length: known }, (_, index) => ({
    ...machine,
    machineId: `m${index}`,
    ...(index < gone && { goneSince, ...changes }),
  }));

describe('a mass disappearance', () => {
  it.each([
    [10, 10, false],
    [11, 11, true],
    [55, 11, false],
    [54, 11, true],
    [4_000, 800, false],
    [4_000, 801, true],
  ])('of %i machines is %i gone: %s', (known, gone, isHalted) => {
    expect(haltOf(fleet(known, gone), 20) !== undefined).toBe(isHalted);
  });

  it('is believed by who believes everything', () => {
    expect(haltOf(fleet(4_000, 4_000), 100)).toBeUndefined();
  });

  it('is none where they have arrived elsewhere', () => {
    const moved = fleet(20, 20).map((one, index) => ({ ...one, movedTo: `new${index}` }));
    const arrived = moved.map(({ machineId, movedTo }) => ({
      ...machine,
      machineId: movedTo,
      movedFrom: machineId,
      extension: installed,
    }));
    expect(haltOf([...moved, ...arrived], 20)).toBeUndefined();
    expect(haltOf(moved, 20)).toBeDefined();
  });
});

describe('a machine that moved', () => {
  const old = { ...machine, machineId: 'old', goneSince, movedTo: 'new' };
  const arrived = { ...machine, machineId: 'new', movedFrom: 'old', extension: installed };

  it('has arrived when it is installed where its record says, and both records say so', () => {
    expect(hasArrived(old, arrived)).toBe(true);
    expect(hasArrived(old, undefined)).toBe(false);
    expect(hasArrived(old, { ...arrived, movedFrom: 'other' })).toBe(false);
    expect(hasArrived({ ...old, movedTo: 'other' }, arrived)).toBe(false);
    expect(hasArrived(old, { ...arrived, extension: { ...installed, state: 'installing' } })).toBe(false);
  });

  it('is cleaned up after at once when it has arrived, and never while it is there', () => {
    const times = { now: new Date(goneSince), graceHours: 72 };
    const { goneSince: _, ...there } = old;
    const named = { machineName: 'a'.repeat(26) };
    expect(judgeOrphan({ ...old, ...named }, { ...times, hasMoved: true })).toBe('clean');
    expect(judgeOrphan({ ...old, ...named }, { ...times, hasMoved: false })).toBe('wait');
    expect(judgeOrphan({ ...there, ...named }, { ...times, hasMoved: true })).toBe('wait');
    expect(judgeOrphan(old, { ...times, hasMoved: true })).toBe('forget');
  });
});
