import fc from 'fast-check';
import { prepareQuery } from '#local/cosmos/sql/execute.ts';
import { SqlError } from '#local/cosmos/sql/syntax-error.ts';

/** Compiles and runs a text; throws what is not the engine's own error. */
export function outcome(text: string): 'answer' | 'SqlError' {
  try {
    const query = prepareQuery(text);
    query.run({
      documents: () => [{ place: 1, value: { a: 1, list: [1, 'x', {}] } }],
      parameters: new Map([['@p', 1]]),
      now: 0,
      maxItems: 10,
      continuation: undefined,
    });
    return 'answer';
  } catch (error) {
    if (error instanceof SqlError) return 'SqlError';
    throw error;
  }
}

const words =
  `SELECT VALUE DISTINCT TOP FROM JOIN IN WHERE GROUP BY ORDER ASC DESC OFFSET LIMIT AND OR NOT BETWEEN LIKE
  ESCAPE EXISTS ARRAY TRUE NULL UNDEFINED AS c c.a c.list t @p 1 -2.5e3 'text' "[a%" * ( ) [ ] { } , . : ? ?? = != < >= + - /
  % || & << ~ COUNT(1) SUM(c.a) ABS( ARRAY_CONTAINS( LOWER( STARTSWITH( REGEXMATCH( DATETIMEBIN( INTDIV( CHOOSE( -- /* */`.split(
    /\s+/,
  );

const wholeQueries = [
  'SELECT * FROM c WHERE c.a >= @p AND c.list[0] != "x" ORDER BY c.a DESC OFFSET 0 LIMIT 10',
  "SELECT c.a, e AS each FROM c JOIN e IN c.list WHERE e LIKE '%x[a-z]_' ESCAPE '!'",
  'SELECT c.a, COUNT(1) AS n FROM c GROUP BY c.a',
  'SELECT VALUE {a: ARRAY(SELECT VALUE e FROM e IN c.list), b: EXISTS(SELECT VALUE 1), c: c.a ?? [1, -2.5e3]} FROM c',
  "SELECT TOP 3 VALUE DATETIMEADD('dd', c.a, '2020-01-01T00:00:00.0000000Z') FROM c",
  "SELECT DISTINCT VALUE REGEXMATCH(TOSTRING(c.list), '^[a-z]+', 'i') FROM c WHERE c.a BETWEEN 0 AND 2",
  'SELECT VALUE c.a IN (1, 2) ? INTDIV(7, c.a) : NUMBERBIN(c.a, 0.1) FROM c',
];

/** A whole query with a few of its characters cut out, doubled or replaced. */
const damagedQuery = fc
  .tuple(
    fc.constantFrom(...wholeQueries),
    fc.array(
      fc.tuple(fc.nat(200), fc.nat(12), fc.constantFrom('', '"', '(', ')', "'", '.', ' ', '\\', '[', '@')),
      {
        maxLength: 4,
      },
    ),
  )
  .map(([text, cuts]) =>
    cuts.reduce((left, [at, length, by]) => left.slice(0, at) + by + left.slice(at + length), text),
  );

export const anyCharacters = fc.string({ unit: 'binary', maxLength: 200 });

const anyWords = fc
  .array(fc.constantFrom(...words), { maxLength: 40 })
  .map((parts) => `SELECT ${parts.join(' ')}`);

/** Every way of asking wrongly. */
export const hostileQuery = fc.oneof(
  { arbitrary: anyWords, weight: 4 },
  { arbitrary: damagedQuery, weight: 5 },
  { arbitrary: anyCharacters, weight: 1 },
);
