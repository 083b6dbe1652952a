import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareQuery } from '#local/cosmos/sql/execute.ts';
import type { Json } from '#local/cosmos/sql/values.ts';
import { ask } from './ask.ts';
import { anyCharacters, hostileQuery, outcome } from './hostile-queries.ts';

const expression: fc.Arbitrary<string> = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom('c.a', 'c.list', '@p', '1', "'x'", 'null', 'c["a"]', '[]', '{}'),
    fc
      .tuple(
        tie('tree'),
        fc.constantFrom('+', '=', 'AND', 'OR', '??', '||', '<', 'LIKE', 'IN ('),
        tie('tree'),
      )
      .map(([left, operator, right]) => `(${left} ${operator} ${right}${operator === 'IN (' ? ')' : ''})`),
    tie('tree').map((inner) => `(NOT ${inner})`),
    tie('tree').map(
      (inner) => `ARRAY(SELECT VALUE e FROM e IN ${inner.startsWith('c.') ? inner : 'c.list'})`,
    ),
    fc.tuple(tie('tree'), tie('tree')).map(([first, second]) => `ARRAY_CONTAINS(${first}, ${second})`),
    fc.tuple(tie('tree'), tie('tree'), tie('tree')).map(([a, b, d]) => `(${a} ? ${b} : ${d})`),
  ),
})).tree;

const survives = (text: string) => {
  expect(['answer', 'SqlError']).toContain(outcome(text));
};

describe('whatever the text, a query answers or fails with its own error', () => {
  it('for any characters', () => {
    expect(() => fc.assert(fc.property(anyCharacters, survives), { numRuns: 100 })).not.toThrow();
  });

  it('for words in any order and for queries that were damaged', () => {
    const property = fc.property(hostileQuery, survives);
    expect(() => fc.assert(property, { numRuns: 1_000, seed: 4 })).not.toThrow();
  });

  it.each([
    ['parentheses', `SELECT VALUE ${'('.repeat(50_000)}1`],
    ['brackets', `SELECT VALUE ${'['.repeat(50_000)}`],
    ['negations', `SELECT VALUE ${'NOT '.repeat(50_000)}true`],
    ['minus signs', `SELECT VALUE ${'- '.repeat(50_000)}1`],
    ['additions', `SELECT VALUE 1${' + 1'.repeat(50_000)}`],
    ['members', `SELECT VALUE c${'.a'.repeat(50_000)} FROM c`],
    ['subqueries', 'SELECT VALUE ('.repeat(10_000)],
    ['joins', `SELECT VALUE 1 FROM c${' JOIN x IN c.list'.repeat(10_000)}`],
    ['conditionals', `SELECT VALUE ${'1 ? 1 : '.repeat(20_000)}1`],
    ['an unfinished string', `SELECT '${'\\a'.repeat(100_000)}`],
    ['a long string', `SELECT VALUE '${'a\\n'.repeat(100_000)}'`],
    [
      'a cross product',
      `SELECT VALUE COUNT(1) FROM c ${'abcdefghijklmnopqrst'.replace(/./g, ' JOIN $& IN c.list')}`,
    ],
  ])(
    'for too many %s',
    (_, text) => {
      expect(['answer', 'SqlError']).toContain(outcome(text));
    },
    20_000,
  );
});

describe('any expression that is well formed', () => {
  it('compiles and runs', () => {
    fc.assert(
      fc.property(expression, (text) => {
        expect(ask(`SELECT VALUE [${text}] FROM c`, [{ a: 1, list: [1] }], { '@p': 2 })).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  it('means the same in parentheses', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue(), (text, value) => {
        const documents: Json[] = [{ a: value as Json, list: [value as Json] }];
        const parameters = { '@p': 2 };
        expect(ask(`SELECT VALUE [(${text})] FROM c`, documents, parameters)).toEqual(
          ask(`SELECT VALUE [${text}] FROM c`, documents, parameters),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('paging', () => {
  it.each([
    'SELECT VALUE c.n FROM c',
    'SELECT VALUE c.n FROM c ORDER BY c.k DESC',
    'SELECT DISTINCT VALUE c.k FROM c',
  ])('of %s gives every item once, whatever the page size', (text) => {
    const keys = fc.array(fc.constantFrom<Json | undefined>(1, 2, 'x', null, undefined), { maxLength: 20 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 7 }), (list, maxItems) => {
        const documents = list.map((k, n): Json => ({ n, ...(k !== undefined && { k }) }));
        const query = prepareQuery(text);
        const found: Json[] = [];
        let continuation: string | undefined;
        do {
          const page = query.run({
            documents: (after) =>
              documents.map((value, index) => ({ place: index + 1, value })).slice(Math.max(0, after)),
            parameters: new Map(),
            now: 0,
            maxItems,
            continuation,
          });
          found.push(...page.items);
          continuation = page.continuation;
        } while (continuation);
        expect(found).toEqual(ask(text, documents));
      }),
      { numRuns: 100 },
    );
  });
});
