import { describe, expect, it } from 'vitest';
import type { Json } from '#local/cosmos/sql/values.ts';
import { evaluate } from './ask.ts';

const document = {
  n: 7,
  s: 'Hello',
  t: true,
  z: null,
  list: [1, 'two', { three: 3 }],
  inner: { 'a b': { deep: [10, 20] } },
};

const cases = (table: [expression: string, value: Json | undefined][]) =>
  it.each(table)('%s is %j', (expression, value) => {
    expect(evaluate(expression, document)).toEqual(value);
  });

describe('properties and literals', () => {
  cases([
    ['c.n', 7],
    ['c["inner"]["a b"].deep[1]', 20],
    ['c.list[c.list[0] + 1].three', 3],
    ['c.missing', undefined],
    ['c.n.x', undefined],
    ['c.s[0]', undefined],
    ['c.list["0"]', undefined],
    ['c.constructor', undefined],
    ['-1.5e2', -150],
    ['.5', 0.5],
    [`"a\\"\\u0041\\n"`, 'a"A\n'],
    ["'it\\'s'", "it's"],
    ['[1, undefined, [null]]', [1, [null]]],
    ['{a: 1, "b c": c.missing, d: {e: c.t}}', { a: 1, d: { e: true } }],
    ['true', true],
    ['UNDEFINED', undefined],
    ['1 /* two */ + -- three\n 4', 5],
  ]);
});

describe('arithmetic', () => {
  cases([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['(1 + 2) * 3', 9],
    ['7 % 4', 3],
    ['- - 3', 3],
    ['1 / 0', undefined],
    ['"1" + 1', undefined],
    ['6 & 3 | 8 ^ 1', 11],
    ['~5', -6],
    ['1 << 4 >> 1', 8],
    ['-1 >>> 28', 15],
    ['"a" || "b" || "c"', 'abc'],
    ['"a" || 1', undefined],
  ]);
});

describe('comparison', () => {
  cases([
    ['1 = 1.0', true],
    ['{a: 1, b: 2} = {b: 2, a: 1}', true],
    ['[1, 2] = [2, 1]', false],
    ['c.missing = 1', undefined],
    ['c.n != null', true],
    ['c.z = null', true],
    ['1 < 2', true],
    ['"a" >= "b"', false],
    ['1 < "2"', undefined],
    ['[1] < [2]', undefined],
    ['c.n BETWEEN 1 AND 7', true],
    ['c.n NOT BETWEEN 1 AND 6 AND true', true],
    ['c.n BETWEEN "a" AND "z"', undefined],
    ['c.n IN (1, 7)', true],
    ['c.s NOT IN ("Hello")', false],
    ['c.missing IN (1)', undefined],
    ['c.n <> 7', false],
  ]);
});

describe('logic of three values', () => {
  cases([
    ['true AND c.missing', undefined],
    ['false AND c.missing', false],
    ['c.missing AND false', false],
    ['true OR c.missing', true],
    ['c.missing OR true', true],
    ['false OR c.missing', undefined],
    ['NOT c.missing', undefined],
    ['NOT true OR true', true],
    ['1 AND true', undefined],
    ['c.missing ?? c.z ?? 5', null],
    ['c.t ? "yes" : "no"', 'yes'],
    ['c.n ? "yes" : "no"', 'no'],
    ['IIF(c.n > 5, "big", "small")', 'big'],
  ]);
});

describe('LIKE', () => {
  cases([
    ['c.s LIKE "H%"', true],
    ['c.s LIKE "h%"', false],
    ['c.s LIKE "%ll%"', true],
    ['c.s LIKE "_ello"', true],
    ['c.s LIKE "Hell"', false],
    ['c.s LIKE "[G-I]el[^x]o"', true],
    ['c.s LIKE "[^H]%"', false],
    ['"50% off" LIKE "50!% %" ESCAPE "!"', true],
    ['"50x off" LIKE "50!% %" ESCAPE "!"', false],
    ['c.s NOT LIKE "%z%"', true],
    ['c.n LIKE "7"', undefined],
  ]);

  it('takes no longer for a pattern of many runs', () => {
    const pattern = '%a'.repeat(50);
    expect(evaluate(`c.text LIKE "${pattern}"`, { text: `${'a'.repeat(2_000)}b` })).toBe(false);
  });
});

describe('functions', () => {
  cases([
    ['IS_DEFINED(c.missing)', false],
    ['is_defined(c.z)', true],
    ['IS_NULL(c.z)', true],
    ['IS_STRING(c.s) AND IS_NUMBER(c.n) AND IS_BOOL(c.t) AND IS_ARRAY(c.list) AND IS_OBJECT(c.inner)', true],
    ['IS_PRIMITIVE(c.list)', false],
    ['STARTSWITH(c.s, "he")', false],
    ['STARTSWITH(c.s, "he", true)', true],
    ['CONTAINS(c.s, "LL", true)', true],
    ['ENDSWITH(c.s, "lo")', true],
    ['CONTAINS(c.n, "7")', undefined],
    ['INDEX_OF(c.s, "l")', 2],
    ['LENGTH(c.s)', 5],
    ['UPPER(c.s) || LOWER(c.s)', 'HELLOhello'],
    ['SUBSTRING(c.s, 1, 3)', 'ell'],
    ['LEFT(c.s, 2) || RIGHT(c.s, 2)', 'Helo'],
    ['RIGHT(c.s, 0)', ''],
    ['REPLACE(c.s, "l", "$&")', 'He$&$&o'],
    ['REVERSE(TRIM("  ab "))', 'ba'],
    ['REPLICATE("ab", 3)', 'ababab'],
    ['CONCAT("a", c.s, "b")', 'aHellob'],
    ['TOSTRING(c.list)', '[1,"two",{"three":3}]'],
    ['STRINGTONUMBER("1.5")', 1.5],
    ['STRINGTONUMBER("x")', undefined],
    ['ARRAY_CONTAINS(c.list, "two")', true],
    ['ARRAY_CONTAINS([{a: 1, b: 2}], {a: 1})', false],
    ['ARRAY_CONTAINS([{a: 1, b: 2}], {a: 1}, true)', true],
    ['ARRAY_CONTAINS(c.s, "H")', undefined],
    ['ARRAY_LENGTH(c.list)', 3],
    ['ARRAY_SLICE(c.list, -2, 1)', ['two']],
    ['ARRAY_CONCAT([1], [2, [3]])', [1, 2, [3]]],
    ['SETUNION([1, 2], [2, 3])', [1, 2, 3]],
    ['SETINTERSECT([1, 2, 2], [2])', [2]],
    ['ROUND(2.5) + ROUND(-2.5)', 0],
    ['FLOOR(-1.5) + CEILING(1.2) + ABS(-3)', 3],
    ['POWER(2, 10)', 1024],
    ['SQRT(-1)', undefined],
    ['GetCurrentTimestamp()', Date.UTC(2026, 1, 13, 10, 20, 30, 400)],
    ['GetCurrentDateTime()', '2026-02-13T10:20:30.4000000Z'],
    ['DateTimeToTimestamp("2026-02-13T00:00:00Z")', Date.UTC(2026, 1, 13)],
    ['TimestampToDateTime(0)', '1970-01-01T00:00:00.0000000Z'],
    ['DateTimeAdd("mm", 1, "2026-01-31T00:00:00Z")', '2026-02-28T00:00:00.0000000Z'],
    ['DateTimeDiff("hour", "2026-01-01T00:59:00Z", "2026-01-01T02:01:00Z")', 2],
    ['DateTimePart("yyyy", "2026-02-13T00:00:00Z")', 2026],
    ['DateTimeAdd("parsec", 1, "2026-01-31T00:00:00Z")', undefined],
  ]);
});
