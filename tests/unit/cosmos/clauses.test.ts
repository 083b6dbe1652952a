import { describe, expect, it } from 'vitest';
import { prepareQuery } from '#local/cosmos/sql/execute.ts';
import { SqlError } from '#local/cosmos/sql/syntax-error.ts';
import { ask } from './ask.ts';

const families = [
  {
    id: 'a',
    n: 3,
    city: 'Rome',
    children: [
      { name: 'x', age: 4 },
      { name: 'y', age: 9 },
    ],
    tags: ['red', 'blue'],
  },
  { id: 'b', n: 1, city: 'Bern', children: [{ name: 'z', age: 4 }], tags: ['red'] },
  { id: 'c', n: 2, city: 'Rome', tags: [] },
];

describe('SELECT', () => {
  it.each([
    ['SELECT c.id, c.n + 1, c["city"], 5 FROM c WHERE c.n = 1', [{ id: 'b', $1: 2, city: 'Bern', $2: 5 }]],
    ['SELECT c.n AS number, c.missing FROM c WHERE c.n = 2', [{ number: 2 }]],
    ['SELECT c.id ident FROM c WHERE c.n = 2', [{ ident: 'c' }]],
    ['SELECT VALUE c.children FROM c', [families[0]?.children, families[1]?.children]],
    ['SELECT DISTINCT VALUE c.city FROM c', ['Rome', 'Bern']],
    ['SELECT DISTINCT c.city FROM c', [{ city: 'Rome' }, { city: 'Bern' }]],
    ['SELECT TOP 2 VALUE c.id FROM c', ['a', 'b']],
    ['SELECT 1 AS one', [{ one: 1 }]],
    ['SELECT VALUE {name: f.id, first: f.tags[0]} FROM f WHERE f.n = 3', [{ name: 'a', first: 'red' }]],
    ['SELECT * FROM c WHERE c.n = 2', [families[2]]],
    ['SELECT f FROM families f WHERE f.n = 2', [{ f: families[2] }]],
  ])('%s', (text, rows) => {
    expect(ask(text, families)).toEqual(rows);
  });
});

describe('FROM and JOIN', () => {
  it.each([
    ['SELECT VALUE name FROM c.city AS name', ['Rome', 'Bern', 'Rome']],
    ['SELECT VALUE child.name FROM child IN c.children', ['x', 'y', 'z']],
    ['SELECT VALUE child.name FROM c JOIN child IN c.children WHERE child.age = 4', ['x', 'z']],
    [
      'SELECT VALUE k.name || t FROM c JOIN k IN c.children JOIN t IN c.tags',
      ['xred', 'xblue', 'yred', 'yblue', 'zred'],
    ],
    ['SELECT VALUE k FROM c JOIN (SELECT VALUE x.name FROM x IN c.children WHERE x.age > 5) AS k', ['y']],
    ['SELECT VALUE s.id FROM (SELECT c.id FROM c WHERE c.n < 3) AS s', ['b', 'c']],
    ['SELECT VALUE r.id FROM root r WHERE r.n = 1', ['b']],
  ])('%s', (text, rows) => {
    expect(ask(text, families)).toEqual(rows);
  });
});

describe('subqueries', () => {
  it.each([
    ['SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE k FROM k IN c.children WHERE k.age > 5)', ['a']],
    ['SELECT VALUE c.id FROM c WHERE NOT EXISTS(SELECT * FROM k IN c.children)', ['c']],
    ['SELECT VALUE ARRAY(SELECT VALUE k.name FROM k IN c.children) FROM c', [['x', 'y'], ['z'], []]],
    [
      'SELECT c.id, (SELECT VALUE COUNT(1) FROM t IN c.tags) AS tags FROM c WHERE c.n > 1',
      [
        { id: 'a', tags: 2 },
        { id: 'c', tags: 0 },
      ],
    ],
    ['SELECT VALUE (SELECT VALUE MAX(k.age) FROM k IN c.children) FROM c', [9, 4]],
  ])('%s', (text, rows) => {
    expect(ask(text, families)).toEqual(rows);
  });
});

describe('ORDER BY, OFFSET and LIMIT', () => {
  it('puts types in the order undefined, null, boolean, number, string, array, object', () => {
    const mixed = [
      { v: {} },
      { v: 'a' },
      { v: 2 },
      { v: true },
      { v: null },
      { v: [1] },
      { v: 'B' },
      { v: false },
      {},
    ];
    expect(ask('SELECT VALUE c.v ?? "none" FROM c ORDER BY c.v', mixed)).toEqual([
      'none',
      null,
      false,
      true,
      2,
      'B',
      'a',
      [1],
      {},
    ]);
  });

  it.each([
    ['SELECT VALUE c.id FROM c ORDER BY c.n', ['b', 'c', 'a']],
    ['SELECT VALUE c.id FROM c ORDER BY c.city ASC, c.n DESC', ['b', 'a', 'c']],
    ['SELECT VALUE c.id FROM c ORDER BY c.n DESC OFFSET 1 LIMIT 1', ['c']],
    ['SELECT TOP 1 VALUE c.id FROM c ORDER BY c.n', ['b']],
    ['SELECT VALUE c.id FROM c OFFSET 2 LIMIT 5', ['c']],
  ])('%s', (text, rows) => {
    expect(ask(text, families)).toEqual(rows);
  });
});

describe('GROUP BY and aggregates', () => {
  it.each([
    [
      'SELECT c.city, COUNT(1) AS n, MAX(c.n) AS most FROM c GROUP BY c.city',
      [
        { city: 'Rome', n: 2, most: 3 },
        { city: 'Bern', n: 1, most: 1 },
      ],
    ],
    ['SELECT VALUE COUNT(c.children) FROM c', [2]],
    ['SELECT COUNT(1) FROM c', [{ $1: 3 }]],
    ['SELECT VALUE SUM(c.n) / COUNT(1) FROM c', [2]],
    ['SELECT VALUE SUM(c.id) FROM c', []],
    ['SELECT VALUE MIN(c.id) FROM c', ['a']],
    ['SELECT VALUE COUNT(1) FROM c JOIN t IN c.tags', [3]],
    [
      'SELECT UPPER(c.city) AS city, AVG(c.n) AS n FROM c GROUP BY UPPER(c.city)',
      [
        { city: 'ROME', n: 2.5 },
        { city: 'BERN', n: 1 },
      ],
    ],
    ['SELECT c.nothing, COUNT(1) AS n FROM c GROUP BY c.nothing', [{ n: 3 }]],
  ])('%s', (text, rows) => {
    expect(ask(text, families)).toEqual(rows);
  });

  it('over nothing counts 0, sums 0 and has no average, minimum or maximum', () => {
    const text = 'SELECT COUNT(1) AS c, SUM(r.n) AS s, AVG(r.n) AS a, MIN(r.n) AS l, MAX(r.n) AS m FROM r';
    expect(ask(text, [])).toEqual([{ c: 0, s: 0 }]);
    expect(ask('SELECT r.k, COUNT(1) AS n FROM r GROUP BY r.k', [])).toEqual([]);
  });
});

describe('parameters', () => {
  it('stand for values, also of TOP, OFFSET and LIMIT', () => {
    expect(
      ask('SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(@ids, c.id)', families, { '@ids': ['a', 'c'] }),
    ).toEqual(['a', 'c']);
    expect(ask('SELECT VALUE c.id FROM c OFFSET @o LIMIT @l', families, { '@o': 1, '@l': 1 })).toEqual(['b']);
    expect(() => ask('SELECT TOP @n * FROM c', families, { '@n': -1 })).toThrow(SqlError);
  });
});

describe('what is refused, with its code and place', () => {
  it.each([
    ['', 'SC1001', 0],
    ['SELECT', 'SC1001', 6],
    ['SELECT * FROM c WHERE c.a = = 1', 'SC1001', 28],
    ['SELECT * FROM c x y', 'SC1001', 18],
    ['SELECT c.value FROM c', 'SC1001', 9],
    ["SELECT 'open FROM c", 'SC1010', 7],
    ['SELECT 1a FROM c', 'SC1010', 7],
    ['SELECT c.a # FROM c', 'SC1010', 11],
    ['SELECT "\\q"', 'SC1012', 7],
    ['SELECT x.a FROM c', 'SC2001', 7],
    ['SELECT VALUE 1 FROM c JOIN c IN c.list', 'SC2011', 32],
    ['SELECT VALUE 1 FROM families f JOIN t IN families.tags', 'SC2001', 41],
    ['SELECT udf.f(c) FROM c', 'SC2005', 7],
    ['SELECT VALUE NOSUCH(1)', 'SC2005', 13],
    ['SELECT VALUE ABS()', 'SC2006', 13],
    ['SELECT VALUE COUNT(1, 2) FROM c', 'SC2006', 13],
    ['SELECT * FROM c WHERE COUNT(1) = 1', 'SC2101', 22],
    ['SELECT * FROM c JOIN t IN c.tags', 'SC2100', 7],
    ['SELECT c.id, COUNT(1) FROM c', 'SC2102', 0],
    ['SELECT c.id FROM c GROUP BY c.city', 'SC2102', 0],
    ['SELECT c.city FROM c GROUP BY c.city ORDER BY c.city', 'SC2103', 0],
    ['SELECT * FROM c ORDER BY c.n + 1', 'SC2104', 0],
    ['SELECT c.a, c.b AS a FROM c', 'SC2108', 12],
  ])('%s', (text, code, start) => {
    expect(() => prepareQuery(text)).toThrow(expect.objectContaining({ name: 'SqlError', code, start }));
  });

  it('refuses a scalar subquery of several rows when it runs', () => {
    expect(() => ask('SELECT (SELECT VALUE t FROM t IN c.tags) FROM c', families)).toThrow(
      expect.objectContaining({ code: 'SC3005' }),
    );
  });
});
