import { milliseconds, ticksBeforeEpoch, type Unit, unitMs, unitOf } from './date-functions.ts';
import type { FunctionTable } from './function-table.ts';
import type { Value } from './values.ts';

const ticksPerMs = 10_000n;
const ticksPerSecond = 10_000_000n;

/** 100 ns ticks since the epoch of a text, whose fraction may be finer than a millisecond. */
function ticksOf(value: Value): bigint | undefined {
  const ms = milliseconds(value);
  if (ms === undefined || typeof value !== 'string') return undefined;
  const fraction = /\.(\d{1,7})/.exec(value)?.[1] ?? '';
  return BigInt(Math.floor(ms / 1000)) * ticksPerSecond + BigInt(fraction.padEnd(7, '0'));
}

/** Rounded down; negative ticks lie before the epoch. */
const down = (ticks: bigint, size: bigint) => ((ticks % size) + size) % size;

function textOf(ticks: bigint): Value {
  const fraction = down(ticks, ticksPerSecond);
  const date = new Date(Number((ticks - fraction) / ticksPerMs));
  const year = date.getUTCFullYear();
  // NaN compares false, so an impossible date is undefined as well.
  if (!(year >= 0 && year <= 9999)) return undefined;
  return `${date.toISOString().slice(0, 19)}.${String(fraction).padStart(7, '0')}Z`;
}

/** Months and years differ in length: they cannot be bins. */
function binTicks(unit: Unit | undefined, size: Value): bigint | undefined {
  if (!unit || unit === 'year' || unit === 'month') return undefined;
  if (!Number.isSafeInteger(size) || Number(size) <= 0) return undefined;
  return BigInt(unitMs[unit]) * BigInt(Number(size)) * ticksPerMs;
}

const lowest = [0, 1, 1, 0, 0, 0, 0] as const;
const highest = [9999, 12, 31, 23, 59, 59, 9_999_999] as const;

function fromParts(parts: Value[]): Value {
  const given = lowest.map((least, index) => (index < parts.length ? parts[index] : least));
  const isValid = given.every(
    (part, index) =>
      Number.isInteger(part) && Number(part) >= (lowest[index] ?? 0) && Number(part) <= (highest[index] ?? 0),
  );
  if (!isValid) return undefined;
  const [year, month, day, hour, minute, second, fraction] = given.map((part) => Number(part).toString());
  const two = (part = '') => part.padStart(2, '0');
  const date = `${(year ?? '').padStart(4, '0')}-${two(month)}-${two(day)}`;
  const text = `${date}T${two(hour)}:${two(minute)}:${two(second)}`;
  // A day that its month lacks rolls over in the parser.
  const isReal = new Date(`${text}Z`).toISOString().startsWith(text);
  return isReal ? `${text}.${(fraction ?? '').padStart(7, '0')}Z` : undefined;
}

export const dateTickFunctions: FunctionTable = {
  DATETIMEBIN: {
    minimum: 2,
    maximum: 4,
    call: ([text, unitName, size = 1, start = '1970-01-01T00:00:00Z']) => {
      const [ticks, from, bin] = [ticksOf(text), ticksOf(start), binTicks(unitOf(unitName), size)];
      if (ticks === undefined || from === undefined || bin === undefined) return undefined;
      return textOf(ticks - down(ticks - from, bin));
    },
  },
  DATETIMEFROMPARTS: { minimum: 3, maximum: 7, call: fromParts },
  DATETIMETOTICKS: {
    minimum: 1,
    maximum: 1,
    call: ([text]) => {
      const ticks = ticksOf(text);
      return ticks === undefined ? undefined : Number(ticks + ticksBeforeEpoch);
    },
  },
  TICKSTODATETIME: {
    minimum: 1,
    maximum: 1,
    call: ([ticks]) =>
      typeof ticks === 'number' && Number.isInteger(ticks)
        ? textOf(BigInt(ticks) - ticksBeforeEpoch)
        : undefined,
  },
};
