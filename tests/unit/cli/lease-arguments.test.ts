import { describe, expect, it } from 'vitest';
import { parseTime } from '#cli/commands/lease-arguments.ts';
import { UsageError } from '#cli/failure.ts';

describe('a time that is typed', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T18:00', '2026-01-31T18:00:00.000Z'],
    ['2026-01-31T18:00Z', '2026-01-31T18:00:00.000Z'],
    ['2026-01-31T18:00:30+02:00', '2026-01-31T16:00:30.000Z'],
  ])('is a day or a time in UTC, or whole with its offset: %s', (text, iso) => {
    expect(parseTime('from', text, 'audit list')).toBe(iso);
  });

  it('is the last moment of a day where something ends', () => {
    expect(parseTime('to', '2026-01-31', 'audit list', true)).toBe('2026-01-31T23:59:59.999Z');
    expect(parseTime('to', '2026-01-31T18:00', 'audit list', true)).toBe('2026-01-31T18:00:00.000Z');
  });

  it.each(['tomorrow', '2026-02-31', '2026-13-01', '2026-01-31T25:00', '31.01.2026', ''])(
    'is refused when it is none: %s',
    (text) => {
      expect(() => parseTime('from', text, 'audit list')).toThrow(UsageError);
    },
  );
});
