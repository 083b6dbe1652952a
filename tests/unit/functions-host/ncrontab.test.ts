import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchedule } from '#local/functions-host/timers/ncrontab.ts';

const at = (text: string) => Date.parse(text);
const next = (schedule: string, after: string) =>
  new Date(parseSchedule(schedule, 'UTC').next(at(after))).toISOString();

describe('an NCRONTAB schedule', () => {
  it.each([
    ['0 */5 * * * *', '2026-01-01T00:02:00Z', '2026-01-01T00:05:00.000Z'],
    ['0 0 9-17/4 * * MON-FRI', '2026-01-02T17:30:00Z', '2026-01-05T09:00:00.000Z'],
    ['30 0 0 1 jan,JUL *', '2026-01-01T00:00:30Z', '2026-07-01T00:00:30.000Z'],
    ['15 3 * * *', '2026-01-01T04:00:00Z', '2026-01-02T03:15:00.000Z'],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['* * * * * *', '2026-01-01T00:00:00.400Z', '2026-01-01T00:00:01.000Z'],
  ])('%s after %s comes at %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  // WEBSITE_TIME_ZONE. Berlin leaves 02:00 to 03:00 out on 29 March 2026 and has it twice on 25 October.
  it.each([
    ['0 0 3 * * *', '2026-01-01T00:00:00Z', ['2026-01-01T02:00', '2026-01-02T02:00']],
    ['0 0 3 * * *', '2026-07-01T00:00:00Z', ['2026-07-01T01:00', '2026-07-02T01:00']],
    // A point in time that does not exist comes when the gap has passed, and one that exists twice comes once.
    ['0 30 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['0 30 2 * * *', '2026-10-24T12:00:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
    // An interval goes on through both.
    ['0 0 * * * *', '2026-03-28T23:30:00Z', ['2026-03-29T00:00', '2026-03-29T01:00', '2026-03-29T02:00']],
    ['0 0 * * * *', '2026-10-24T23:30:00Z', ['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00']],
    ['0 */30 * * * *', '2026-10-25T00:15:00Z', ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30']],
  ])('%s in Berlin after %s comes at %s', (text, after, expected) => {
    const schedule = parseSchedule(text, 'Europe/Berlin');
    let fromMs = at(after);
    const found = expected.map(() => (fromMs = schedule.next(fromMs)));
    expect(found.map((ms) => new Date(ms).toISOString())).toEqual(expected.map((time) => `${time}:00.000Z`));
  });

  it('in a time zone that nobody knows is refused', () => {
    expect(() => parseSchedule('0 0 3 * * *', 'Europe/Atlantis')).toThrow(/Europe\/Atlantis/);
  });

  it('needs day of month and day of week both', () => {
    // The first Friday the 13th of 2026 is in February.
    expect(next('0 0 0 13 * FRI', '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z');
  });

  it.each([
    '',
    '* * * *',
    '0 0 0 L * *',
    '0 0 0 ? * *',
    '0 0 0 * * 5#2',
    '@daily',
    '0 61 * * * *',
    '0 0 0 1 13 *',
    'x * * * * *',
  ])('is not: %s', (text) => {
    expect(() => parseSchedule(text)).toThrow(/schedule/);
  });

  it('always comes after the time that it is asked for, on a second', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 1, max: 30 }),
        fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
        (second, step, date) => {
          const found = parseSchedule(`${second} */${step} * * * *`, 'UTC').next(date.getTime());
          expect(found).toBeGreaterThan(date.getTime());
          expect(new Date(found).getUTCSeconds()).toBe(second);
          expect(new Date(found).getUTCMinutes() % step).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a time span', () => {
  it('is a fixed interval', () => {
    expect(next('1.02:03:04', '2026-01-01T00:00:00Z')).toBe('2026-01-02T02:03:04.000Z');
  });

  it('of less than a minute counts as frequent', () => {
    expect(parseSchedule('00:00:30').isFrequent).toBe(true);
    expect(parseSchedule('*/10 * * * * *').isFrequent).toBe(true);
    expect(parseSchedule('0 */1 * * * *').isFrequent).toBe(false);
  });
});
