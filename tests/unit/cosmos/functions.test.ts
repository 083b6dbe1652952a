import { describe, expect, it } from 'vitest';
import type { Json } from '#local/cosmos/sql/values.ts';
import { evaluate } from './ask.ts';

const cases = (table: [expression: string, value: Json | undefined][]) =>
  it.each(table)('%s is %j', (expression, value) => {
    expect(evaluate(expression, { n: 7 })).toEqual(value);
  });

// https://learn.microsoft.com/cosmos-db/query/datetimebin and its neighbours; the first six are that page's examples.
describe('dates', () => {
  cases([
    ['DATETIMEBIN("2021-01-08T18:35:00.0000000", "dd")', '2021-01-08T00:00:00.0000000Z'],
    ['DATETIMEBIN("2021-01-08T18:35:00.0000000", "hh")', '2021-01-08T18:00:00.0000000Z'],
    ['DATETIMEBIN("2021-01-08T18:35:00.0000000", "ss")', '2021-01-08T18:35:00.0000000Z'],
    ['DATETIMEBIN("2021-01-08T18:35:00.0000000", "hh", 5)', '2021-01-08T15:00:00.0000000Z'],
    ['DATETIMEBIN("2021-01-08T18:35:00.0000000", "dd", 7)', '2021-01-07T00:00:00.0000000Z'],
    [
      'DATETIMEBIN("2021-01-08T18:35:00.0000000", "dd", 7, "1601-01-01T00:00:00.0000000")',
      '2021-01-04T00:00:00.0000000Z',
    ],
    ['DATETIMEBIN("2021-01-08T18:35:00.0000000", "mm")', undefined],
    ['DATETIMEBIN("2021-01-08T18:35:00.0000000", "dd", 0)', undefined],
    ['DATETIMEFROMPARTS(2017, 4, 20)', '2017-04-20T00:00:00.0000000Z'],
    ['DATETIMEFROMPARTS(2017, 4, 20, 13, 15, 20, 3456789)', '2017-04-20T13:15:20.3456789Z'],
    ['DATETIMEFROMPARTS(2017, 2, 30)', undefined],
    ['DATETIMEFROMPARTS(2017, 13, 1)', undefined],
    ['DATETIMEFROMPARTS(2017, "4", 1)', undefined],
    ['DATETIMETOTICKS("2020-01-02T03:04:05.6789123Z")', 637135310456789100],
    ['TICKSTODATETIME(637135310450000000)', '2020-01-02T03:04:05.0000000Z'],
    ['TICKSTODATETIME(1e300)', undefined],
    ['TICKSTODATETIME("1")', undefined],
    ['GETCURRENTDATETIMESTATIC()', '2026-02-13T10:20:30.4000000Z'],
    ['GETCURRENTTICKSSTATIC() = GETCURRENTTICKS()', true],
    ['GETCURRENTTIMESTAMPSTATIC() = GETCURRENTTIMESTAMP()', true],
  ]);
});

// https://learn.microsoft.com/cosmos-db/query/array-functions
describe('arrays and sets', () => {
  cases([
    ['ARRAY_AVG([1, 2, 6])', 3],
    ['ARRAY_AVG([])', undefined],
    ['ARRAY_SUM([1, 2.5])', 3.5],
    ['ARRAY_SUM([1, "2"])', undefined],
    ['ARRAY_MEDIAN([9, 1, 5])', 5],
    ['ARRAY_MEDIAN([4, 1, 3, 2])', 2.5],
    ['ARRAY_MIN([3, "a", null])', null],
    ['ARRAY_MAX([3, "a", null])', 'a'],
    ['ARRAY_MAX([[1]])', undefined],
    ['ARRAY_MIN(c.n)', undefined],
    ['CHOOSE(2, "a", "b")', 'b'],
    ['CHOOSE(0, "a", "b")', undefined],
    ['SETDIFFERENCE([1, 2, 2, 3], [3])', [1, 2]],
    ['SETEQUAL([1, 2, 2], [2, 1])', true],
    ['SETEQUAL([1], [1, 2])', false],
  ]);
});

// https://learn.microsoft.com/cosmos-db/query/string-functions
describe('strings', () => {
  cases([
    ['LASTINDEXOF("banana", "an")', 3],
    ['CONTAINS_ALL_CI("Green Tea", "TEA", "green")', true],
    ['CONTAINS_ALL_CS("Green Tea", "TEA")', false],
    ['CONTAINS_ANY_CI("Green Tea", "x", "TEA")', true],
    ['CONTAINS_ANY_CS("Green Tea", "x", "Tea")', true],
    ['CONTAINS_ANY_CS("Green Tea", 1)', undefined],
    ['REGEXMATCH("shoes", "^s.*s$")', true],
    ['REGEXMATCH("SHOES", "shoe")', false],
    ['REGEXMATCH("SHOES", "shoe", "i")', true],
    ['REGEXMATCH("a\\nb", "^b$", "m")', true],
    ['REGEXMATCH(c.n, "7")', undefined],
  ]);

  it.each([
    ['REGEXMATCH("a", "(")', 'not a regular expression'],
    ['REGEXMATCH("a", "a", "g")', 'knows the modifiers'],
    [`REGEXMATCH("${'a'.repeat(40)}b", "^(a+)+$")`, 'gave up'],
  ])('%s is refused', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message);
  });
});

// https://learn.microsoft.com/cosmos-db/query/mathematical-functions
describe('whole numbers and bins', () => {
  cases([
    ['INTADD(2, 3)', 5],
    ['INTADD(9007199254740992, 1)', 9007199254740992],
    ['INTSUB(2, 3.5)', undefined],
    ['INTMUL(4, -3)', -12],
    ['INTDIV(7, 2)', 3],
    ['INTDIV(-7, 2)', -3],
    ['INTDIV(7, 0)', undefined],
    ['INTMOD(-7, 4)', -3],
    ['INTBITAND(6, 3)', 2],
    ['INTBITOR(6, 3)', 7],
    ['INTBITXOR(6, 3)', 5],
    ['INTBITNOT(5)', -6],
    ['INTBITLEFTSHIFT(1, 40)', 1099511627776],
    ['INTBITLEFTSHIFT(1, 63)', -9223372036854775808],
    ['INTBITRIGHTSHIFT(-16, 2)', -4],
    ['INTBITLEFTSHIFT(1, 1e9)', undefined],
    ['NUMBERBIN(37.752)', 37],
    ['NUMBERBIN(37.752, 5)', 35],
    ['NUMBERBIN(37.752, 0.1)', 37.7],
    ['NUMBERBIN(1, 0)', undefined],
  ]);
});

describe('a function that is not there', () => {
  it.each([
    ['ST_DISTANCE(c.a, c.b)', "lacks the function 'ST_DISTANCE'"],
    ['VectorDistance(c.a, c.b)', "lacks the function 'VectorDistance'"],
    ['FullTextContains(c.a, "x")', "lacks the function 'FullTextContains'"],
    ['udf.mine(c)', 'User defined functions'],
    ['NOSUCH(1)', "'NOSUCH' is not a recognized"],
  ])('%s is refused by its name', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message);
  });
});
