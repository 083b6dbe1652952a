import type { BuiltIn, FunctionTable } from './function-table.ts';
import type { Value } from './values.ts';

export type Unit = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond';

const unitNames: Readonly<Record<string, Unit>> = {
  year: 'year',
  yyyy: 'year',
  yy: 'year',
  month: 'month',
  mm: 'month',
  m: 'month',
  day: 'day',
  dd: 'day',
  d: 'day',
  hour: 'hour',
  hh: 'hour',
  minute: 'minute',
  mi: 'minute',
  n: 'minute',
  second: 'second',
  ss: 'second',
  s: 'second',
  millisecond: 'millisecond',
  ms: 'millisecond',
};

export const unitMs: Readonly<Record<Exclude<Unit, 'year' | 'month'>, number>> = {
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
  millisecond: 1,
};

const isoDateTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?Z?)?$/;
/** 100 ns ticks from year 1 to the epoch. */
export const ticksBeforeEpoch = 621_355_968_000_000_000n;

/** `YYYY-MM-DDThh:mm:ss.fffffffZ`, as the service writes it. */
function dateTimeText(ms: number): Value {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('Z', '0000Z');
}

export function milliseconds(value: Value): number | undefined {
  if (typeof value !== 'string' || !isoDateTime.test(value)) return undefined;
  // Without a zone it is UTC too, which a bare date is for the parser already.
  const ms = Date.parse(value.includes('T') && !value.endsWith('Z') ? `${value}Z` : value);
  return Number.isNaN(ms) ? undefined : ms;
}

export const unitOf = (value: Value): Unit | undefined =>
  typeof value === 'string' ? unitNames[value.toLowerCase()] : undefined;

const months = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth();

function plus(ms: number, unit: Unit, amount: number): number {
  if (unit !== 'year' && unit !== 'month') return ms + amount * unitMs[unit];
  const date = new Date(ms);
  const target = months(date) + amount * (unit === 'year' ? 12 : 1);
  const [year, month] = [Math.floor(target / 12), ((target % 12) + 12) % 12];
  // The last day of a shorter month stands for the days that it lacks.
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return date.setUTCFullYear(year, month, Math.min(date.getUTCDate(), lastDay));
}

/** How many boundaries of the unit lie between two times. */
function difference(unit: Unit, from: number, to: number): number {
  if (unit === 'year') return new Date(to).getUTCFullYear() - new Date(from).getUTCFullYear();
  if (unit === 'month') return months(new Date(to)) - months(new Date(from));
  return Math.floor(to / unitMs[unit]) - Math.floor(from / unitMs[unit]);
}

function part(unit: Unit, ms: number): number {
  const date = new Date(ms);
  const parts: Record<Unit, number> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
  return parts[unit];
}

const nowText: BuiltIn = { minimum: 0, maximum: 0, call: (_, { now }) => dateTimeText(now) };
const nowMs: BuiltIn = { minimum: 0, maximum: 0, call: (_, { now }) => now };
const nowTicks: BuiltIn = {
  minimum: 0,
  maximum: 0,
  call: (_, { now }) => Number(BigInt(Math.trunc(now)) * 10_000n + ticksBeforeEpoch),
};

export const dateFunctions: FunctionTable = {
  // The time is fixed for a whole page, so both forms of each are the same.
  GETCURRENTDATETIME: nowText,
  GETCURRENTDATETIMESTATIC: nowText,
  GETCURRENTTIMESTAMP: nowMs,
  GETCURRENTTIMESTAMPSTATIC: nowMs,
  GETCURRENTTICKS: nowTicks,
  GETCURRENTTICKSSTATIC: nowTicks,
  DATETIMETOTIMESTAMP: { minimum: 1, maximum: 1, call: ([text]) => milliseconds(text) },
  TIMESTAMPTODATETIME: {
    minimum: 1,
    maximum: 1,
    call: ([ms]) => (typeof ms === 'number' ? dateTimeText(ms) : undefined),
  },
  DATETIMEADD: {
    minimum: 3,
    maximum: 3,
    call: ([unitName, amount, text]) => {
      const [unit, ms] = [unitOf(unitName), milliseconds(text)];
      if (!unit || ms === undefined || !Number.isInteger(amount)) return undefined;
      return dateTimeText(plus(ms, unit, Number(amount)));
    },
  },
  DATETIMEDIFF: {
    minimum: 3,
    maximum: 3,
    call: ([unitName, start, end]) => {
      const [unit, from, to] = [unitOf(unitName), milliseconds(start), milliseconds(end)];
      return unit && from !== undefined && to !== undefined ? difference(unit, from, to) : undefined;
    },
  },
  DATETIMEPART: {
    minimum: 2,
    maximum: 2,
    call: ([unitName, text]) => {
      const [unit, ms] = [unitOf(unitName), milliseconds(text)];
      return unit && ms !== undefined ? part(unit, ms) : undefined;
    },
  },
};
