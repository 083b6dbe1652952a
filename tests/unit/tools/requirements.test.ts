import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coverageOf } from '#tools/requirements/coverage.ts';
import { rulesNamedIn } from '#tools/requirements/numbers.ts';
import { requirementsPage } from '#tools/requirements/page.ts';
import { parseRuleBook, readRuleBook } from '#tools/requirements/rules.ts';
import { type TestTitle, titlesOf } from '#tools/requirements/titles.ts';
import { generateRequirements } from '#tools/requirements.ts';

const book = parseRuleBook(
  JSON.stringify({
    sections: [
      {
        title: 'Names',
        rules: [
          { id: '1', owners: ['agent'], rule: 'It is <one>.' },
          { id: '2', owners: ['agent', 'proxy'], rule: 'It is two.' },
          { id: '3', owners: ['portal'], rule: 'It is *.three.', notOurs: 'It is theirs.' },
        ],
      },
    ],
  }),
);
const covered = (files: Record<string, string>) =>
  coverageOf(book, new Map(Object.entries(files).map(([file, source]) => [file, titlesOf(file, source)])));
const page = (files: Record<string, string>) => requirementsPage(book, covered(files));

describe('docs/requirements.md', () => {
  it('is what the rules and the titles of the tests make: run `npm run requirements`', () => {
    const written = readFileSync(new URL('../../../docs/requirements.md', import.meta.url), 'utf8');
    expect(written === generateRequirements().page, 'run `npm run requirements` and commit the page').toBe(
      true,
    );
    // Every test file is parsed: seconds on a machine that is busy with all the others.
  }, 60_000);

  it('is made of 183 rules and 12 conflicts, none left out', () => {
    const ids = readRuleBook().sections.flatMap(({ rules }) => rules.map(({ id }) => id));
    const numbers = Array.from({ length: 183 }, (_, index) => String(index + 1));
    const conflicts = Array.from({ length: 12 }, (_, index) => `C${index + 1}`);
    expect(ids).toEqual([...numbers, ...conflicts]);
  });

  it('shows a rule without a test as a gap, and one that is not ours with its reason', () => {
    const lines = page({ 'tests/a.test.ts': `it('requirement 2: holds', () => {});` }).split('\n');
    expect(lines).toContain('| Names | 3 | 1 | 1 | 1 |');
    expect(lines).toContain('Gaps: 1.');
    expect(lines.filter((line) => /^\| \d/.test(line))).toEqual([
      '| 1 | It is &lt;one>. | agent | **gap** |  |',
      '| 2 | It is two. | agent, proxy | tested | [a.test.ts](../tests/a.test.ts)<br>· requirement 2: holds |',
      String.raw`| 3 | It is \*.three. | portal | not ours | It is theirs. |`,
    ]);
  });

  it('counts a rule that is not ours as tested once a test names it', () => {
    expect(page({ 'tests/a.test.ts': `it('requirement 3: holds', () => {});` })).toContain(
      '| Names | 3 | 1 | 0 | 2 |',
    );
  });

  it('is the same in whatever order the files are read', () => {
    const a = { 'tests/a.test.ts': `it('requirement 1: holds', () => {});` };
    const b = { 'tests/b.test.ts': `it('requirement 1: holds too', () => {});` };
    expect(page({ ...b, ...a })).toBe(page({ ...a, ...b }));
  });

  it('is not made of a title that names a rule which there is not', () => {
    expect(() => page({ 'tests/a.test.ts': `it('requirement 4: holds', () => {});` })).toThrow(
      'tests/a.test.ts: "requirement 4: holds" names requirement 4, which there is not',
    );
  });

  it('is not made of rules of which two have one number', () => {
    const rule = { id: '1', owners: ['agent'], rule: 'It is one.' };
    const twice = JSON.stringify({ sections: [{ title: 'Names', rules: [rule, rule] }] });
    expect(() => parseRuleBook(twice)).toThrow('requirement 1 stands there twice');
  });
});

describe('a title', () => {
  /** A record, because the rows of a table that is written out are titles of their own. */
  const naming: Record<string, string[]> = {
    'requirement 43: of an install': ['43'],
    'Requirement 43 holds': ['43'],
    'the zone after an install (requirement 63)': ['63'],
    'requirements 61-63: the name': ['61', '62', '63'],
    'requirements 61–63: the name': ['61', '62', '63'],
    'requirements 47 and 50: ports': ['47', '50'],
    'requirements 1, 2 and 5: parts': ['1', '2', '5'],
    'requirements 1, 2, and 5: parts': ['1', '2', '5'],
    'requirements 1-3, 7 and C4: parts': ['1', '2', '3', '7', 'C4'],
    'requirement 63 and C11: no address': ['63', 'C11'],
    'C11 and requirement 63: no address': ['C11', '63'],
    'requirement C7: the rule is TCP': ['C7'],
    'C10: to install needs both': ['C10'],
    'C4, C9: names': ['C4', 'C9'],
    'names are exact (C4)': ['C4'],
    'conflicts C4 and C9: names': ['C4', 'C9'],
    'requirement 5 and requirement 5 again': ['5'],
  };

  it.each(Object.entries(naming))('names rules: %s', (title, expected) => {
    expect(rulesNamedIn(title)).toEqual(expected);
  });

  it.each([
    'holds 43 machines',
    'a requirement of 3 GiB',
    'requirement 3.5 of the list',
    'requirement 3GiB',
    'ends with C3PO',
    'ABC3: a name',
    'control characters C0 and C1 are refused',
    'C1 control characters are refused',
    'c3-4: a range of characters',
    'requires 5 tries',
    'prerequirement 5',
  ])('names none: %s', (title) => {
    expect(rulesNamedIn(title)).toEqual([]);
  });

  it('in the singular names one rule, and what follows is the sentence’s', () => {
    expect(rulesNamedIn('requirement 18 and 4 GiB of it')).toEqual(['18']);
  });

  it('with a range that goes down is an error', () => {
    expect(() => rulesNamedIn('requirements 63-61: the name')).toThrow('"63-61" is no range of requirements');
  });
});

describe('the titles of a file', () => {
  const read = (source: string): TestTitle[] => titlesOf('tests/a.test.ts', source);
  const paths = (source: string) => read(source).map(({ path }) => path.join(' > '));

  it('are those of nested blocks from the outermost inwards, each with its tests', () => {
    const titles = read(`
      describe('a', () => {
        describe('b', () => { it('c', async () => {}); test('d', () => {}); });
        it('e', () => {});
      });
      it('f', () => {});
    `);
    expect(titles.map(({ path, tests }) => [path.join(' > '), tests])).toEqual([
      ['a', 3],
      ['a > b', 2],
      ['a > b > c', 1],
      ['a > b > d', 1],
      ['a > e', 1],
      ['f', 1],
    ]);
  });

  it('are read through templates, sums and constants, with … for what is only known when it runs', () => {
    expect(
      paths("const name = 'a'; it(name, () => {}); it('b' + 'c', () => {}); it(`d ${e()} f`, () => {});"),
    ).toEqual(['a', 'bc', 'd … f']);
  });

  it('are read through conditions and options', () => {
    expect(
      paths(`
        describe.runIf(x)('a', () => { it.skipIf(y)('b', () => {}); it.concurrent.each(z)('c', () => {}); });
        it('d', { timeout: 1 }, () => {});
      `),
    ).toEqual(['a', 'a > b', 'a > c', 'd']);
  });

  it('of a table have its rows filled in', () => {
    const rows = (source: string) => read(source).map((one) => one.rows);
    expect(rows(`it.each([['a', 1], ['b', 2]] as const)('%s is %i', () => {});`)).toEqual([
      ['a is 1', 'b is 2'],
    ]);
    expect(rows(`it.each([{ name: 'a', of: 1 }])('$name of $of and $else', () => {});`)).toEqual([
      ['a of 1 and $else'],
    ]);
    expect(rows(`const table: [string][] = [['a'], [b()]]; it.each(table)('is %s', () => {});`)).toEqual([
      ['is a', 'is …'],
    ]);
    expect(rows(`it.each(made())('is %s', () => {});`)).toEqual([[]]);
  });

  it('leave out what never runs and what is no test', () => {
    expect(
      paths(`
        it.skip('a', () => {}); it.todo('b'); describe.skip('c', () => { it('d', () => {}); });
        audit('requirement 1', () => {}); exit('e', () => {}); regex.test('requirement 1');
      `),
    ).toEqual([]);
  });
});

describe('the tests of a rule', () => {
  const source = `
    describe('names (requirement 1)', () => { it('requirement 1: a', () => {}); it('requirement 2: b', () => {}); });
    it.each([['requirement 2: c'], ['d']])('%s', () => {});
    it.each([['e'], ['f']])('requirement 2: has no %s', () => {});
    describe('empty (requirement 3)', () => {});
  `;

  it('are a whole block once, single tests, and the rows that name it', () => {
    const file = 'tests/a.test.ts';
    expect(Object.fromEntries(covered({ [file]: source }))).toEqual({
      1: [{ file, title: 'names (requirement 1)', tests: 2 }],
      2: [
        { file, title: 'names (requirement 1) > requirement 2: b', tests: 1 },
        { file, title: 'requirement 2: c', tests: 1 },
        { file, title: 'requirement 2: has no %s', tests: 1 },
      ],
      3: [],
    });
  });
});
