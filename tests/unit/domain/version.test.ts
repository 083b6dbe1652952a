import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, isOfSeries, isVersion } from '#shared/domain/version.ts';

const pieces = fc.array(fc.nat({ max: 99_999 }), { minLength: 1, maxLength: 4 });
const version = pieces.map((numbers) => numbers.join('.'));

describe('versions', () => {
  it.each([
    ['1.2', '1.2.0.0', 0],
    ['1.10', '1.9', 1],
    ['1.2.3', '1.2.4', -1],
    ['2', '1.99', 1],
    ['1.13.21320.014', '1.13.21320.14', 0],
  ])('compare by number: %s and %s', (left, right, expected) => {
    expect(compareVersions(left, right)).toBe(expected);
    expect(compareVersions(right, left)).toBe(expected === 0 ? 0 : -expected);
  });

  it('are in one order, whichever two or three are compared', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compareVersions(a, a)).toBe(0);
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
        const [low = '', middle = '', high = ''] = [a, b, c].toSorted(compareVersions);
        expect(compareVersions(low, middle)).toBeLessThanOrEqual(0);
        expect(compareVersions(middle, high)).toBeLessThanOrEqual(0);
        expect(compareVersions(low, high)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('are decided by the first number that differs, whatever follows', () => {
    fc.assert(
      fc.property(pieces, fc.nat({ max: 99_998 }), pieces, pieces, (start, number, rest, other) => {
        const lower = [...start, number, ...rest].join('.');
        const higher = [...start, number + 1, ...other].join('.');
        expect(compareVersions(lower, higher)).toBe(-1);
      }),
    );
  });

  it('do not change by zeros in front of a number or at the end', () => {
    fc.assert(
      fc.property(pieces, (numbers) => {
        const padded = `${numbers.map((number) => `00${number}`).join('.')}.0`;
        expect(compareVersions(numbers.join('.'), padded)).toBe(0);
      }),
    );
  });

  it('belong to the series with which they begin and to no other', () => {
    fc.assert(
      fc.property(pieces, pieces, (series, rest) => {
        expect(isOfSeries([...series, ...rest].join('.'), series.join('.'))).toBe(true);
        const [first = 0, ...others] = series;
        expect(isOfSeries([first + 1, ...others, ...rest].join('.'), series.join('.'))).toBe(false);
      }),
    );
    expect(isOfSeries('1.350.1', '1.35')).toBe(false);
    expect(isOfSeries('1', '1.0')).toBe(false);
  });

  it.each(['', 'latest', '1.', '.1', '1..2', '1.2-beta', ' 1.2', '-1.2', '1.2\n'])('are not %j', (text) => {
    expect(isVersion(text)).toBe(false);
  });
});
