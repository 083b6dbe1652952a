import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeLabels } from '#portal/model/label-lanes.ts';
import { dueKind, momentsOf, timeLineOf } from '#portal/model/time-line.ts';
import { sampleCertificate, sampleLeaf } from '../../support/certificate-samples.ts';

const dayMs = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const day = (number: number): string => new Date(start + number * dayMs).toISOString();

/** Ninety days: issued on day 0, due on day 60, emergency on day 75. */
const served = sampleCertificate({
  leaf: sampleLeaf({ notBefore: day(0), issuedAt: day(0), notAfter: day(90) }),
  dueAt: day(60),
  emergencyAt: day(75),
  window: { start: day(58.5), end: day(61.5) },
});
const at = (number: number): number => start + number * dayMs;

describe('the time line of a certificate', () => {
  it('lies between issue and end, with every moment at its share of the lifetime', () => {
    const line = timeLineOf(served, at(45));
    expect(line?.leaf).toEqual({ from: 0, to: 1 });
    expect(line?.now.share).toBe(0.5);
    expect(line?.window).toEqual({ from: 0.65, to: expect.closeTo(61.5 / 90) });
    expect(line?.emergency).toEqual({ from: expect.closeTo(75 / 90), to: 1 });
    expect(line?.marks.map(({ kind, share }) => [kind, Number(share.toFixed(3))])).toEqual([
      ['issued', 0],
      ['due', 0.667],
      ['emergency', 0.833],
      ['expiry', 1],
    ]);
  });

  it('begins with the leaf that is still in service', () => {
    const previous = sampleLeaf({ notBefore: day(-60), notAfter: day(30) });
    const line = timeLineOf({ ...served, state: 'delivered', previous }, at(0));
    expect(line?.previous).toEqual({ from: 0, to: 0.6 });
    expect(line?.leaf).toEqual({ from: 0.4, to: 1 });
    expect(line?.marks.map(({ kind }) => kind)).toEqual([
      'issued',
      'previous-expiry',
      'due',
      'emergency',
      'expiry',
    ]);
  });

  it('goes a quarter of a life beyond the end, and no further', () => {
    expect(timeLineOf(served, at(100))?.now.share).toBe(1);
    expect(timeLineOf(served, at(100))?.leaf?.to).toBeCloseTo(0.9);
    expect(timeLineOf(served, at(1000))?.leaf?.to).toBeCloseTo(0.8);
  });

  it('leads from now to the turn while there is no leaf, and is absent when nothing has a date', () => {
    const plan = { authority: 'sample-ca', turnAt: day(2), ahead: 3, reason: 'r' };
    const waiting = sampleCertificate({ state: 'waiting', leaf: null, dueAt: day(2), plan });
    expect(timeLineOf(waiting, at(1))?.marks.map(({ kind, share }) => [kind, share])).toEqual([['turn', 1]]);
    expect(timeLineOf(waiting, at(3))).toBeUndefined();
    expect(timeLineOf({ ...waiting, plan: null, dueAt: null }, at(1))).toBeUndefined();
  });

  it.each([
    ['served', null, 'due'],
    ['delivered', null, 'due'],
    ['waiting', null, 'retry'],
    ['revoked', null, 'retry'],
    ['waiting', { authority: 'a', turnAt: day(1), ahead: 0, reason: 'r' }, 'turn'],
  ] as const)('calls the date of %s with plan %o %s', (state, plan, kind) => {
    expect(dueKind({ state, plan })).toBe(kind);
  });

  it('keeps every share between 0 and 1 and the marks in the order of time, for every life', () => {
    const moment = fc.integer({ min: -400, max: 400 });
    fc.assert(
      fc.property(
        fc.record({
          begins: moment,
          days: fc.integer({ min: 1, max: 400 }),
          due: moment,
          now: moment,
          old: moment,
        }),
        ({ begins, days, due, now, old }) => {
          const leaf = sampleLeaf({
            notBefore: day(begins),
            issuedAt: day(begins),
            notAfter: day(begins + days),
          });
          const previous = sampleLeaf({ notBefore: day(old), notAfter: day(old + days) });
          const line = timeLineOf(
            { ...served, leaf, previous, dueAt: day(due), emergencyAt: day(begins + days * (5 / 6)) },
            at(now),
          );
          if (!line) throw new Error('a certificate with a leaf has a time line');
          const shares = [line.now.share, ...line.marks.map(({ share }) => share)];
          expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
          expect(line.marks.map(({ share }) => share)).toEqual(
            line.marks.map(({ share }) => share).toSorted((one, other) => one - other),
          );
          const spans = [line.leaf, line.previous, line.window, line.emergency];
          expect(spans.every((span) => span && span.from <= span.to)).toBe(true);
        },
      ),
    );
  });

  it('names the dates as short as its span allows', () => {
    const short = sampleCertificate({
      leaf: sampleLeaf({ notBefore: day(0), issuedAt: day(0), notAfter: day(6) }),
      window: null,
      emergencyAt: day(5),
      dueAt: day(4),
    });
    expect(timeLineOf(short, at(1))?.marks[0]?.date).toMatch(/^[A-Z][a-z]{2} \d\d:\d\d$/);
    expect(timeLineOf(served, at(1))?.marks[0]?.date).toMatch(/^[A-Z][a-z]{2} \d{1,2}$/);
    expect(momentsOf(served)).toHaveLength(4);
  });
});

describe('the labels of a time line', () => {
  it('share a lane where there is room, and take another where not', () => {
    const wishes = [
      { x: 0, width: 40 },
      { x: 100, width: 40 },
      { x: 110, width: 40 },
    ];
    expect(placeLabels(wishes, 200)).toEqual([
      { middle: 20, lane: 0, isClear: true },
      { middle: 100, lane: 0, isClear: true },
      { middle: 110, lane: 1, isClear: false },
    ]);
  });

  it('have a line to their point only where no other label is in its way', () => {
    const wishes = [
      { x: 100, width: 60 },
      { x: 135, width: 60 },
    ];
    expect(placeLabels(wishes, 200).map(({ lane, isClear }) => [lane, isClear])).toEqual([
      [0, true],
      [1, true],
    ]);
  });

  it('never overlap and never leave the picture', () => {
    const total = 300;
    const wish = fc.record({ x: fc.integer({ min: 0, max: total }), width: fc.integer({ min: 1, max: 90 }) });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 8 }), (wishes) => {
        const spans = placeLabels(wishes, total).map(({ middle, lane }, index) => {
          const half = (wishes[index]?.width ?? 0) / 2;
          return { lane, from: middle - half, to: middle + half };
        });
        for (const [index, one] of spans.entries()) {
          expect(one.from >= 0 && one.to <= total).toBe(true);
          for (const other of spans.slice(index + 1))
            expect(one.lane !== other.lane || one.to <= other.from || other.to <= one.from).toBe(true);
        }
      }),
    );
  });
});
