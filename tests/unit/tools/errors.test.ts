import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ownFailures } from '#cli/failure.ts';
import { errorTable } from '#shared/domain/error.ts';
import { errorsPage } from '#tools/errors/page.ts';
import { generateErrors } from '#tools/errors.ts';
import { readSource, sourceFiles } from '../../support/source-imports.ts';

const rows = [...Object.entries(errorTable), ...Object.entries(ownFailures)];
/** Of the programs; neither the tables themselves nor what only tells of them. */
const sources = sourceFiles()
  .filter((file) => /^(?:functions|orchestrations|shared|agent|proxy|cli)\//.test(file))
  .filter((file) => !file.startsWith('shared/domain/errors/'))
  // Reasons of health are codes of their own.
  .filter((file) => file !== 'shared/domain/machine-health.ts')
  .map((file) => ({ file, text: readSource(file) }));
const naming = (code: string) => sources.filter(({ text }) => text.includes(`'${code}'`));

const verbs =
  /^(?:On the machine: |(?:Add|Allow|Answer|Ask|At the registrar|Begin|Change|Check|Connect|Correct|Create|Follow|Give|Install|Leave|List|Look|Mend|Read|Remove|Repair|Request|Restart|Run|Send|Sign in|Try|Unset|Use|Wait)\b)/;

describe('docs/errors.md', () => {
  it('is what the tables make: run `npm run errors`', () => {
    const written = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    expect(written === generateErrors(), 'run `npm run errors` and commit the page').toBe(true);
  });

  it('has each code once, under its hop, with what a cell would take for markup made harmless', () => {
    const page = errorsPage(
      { a_code: { status: 409, hop: 'DNS', retryable: true, title: 'A|b_<c>', remedy: 'Look at `a_b`.' } },
      { rows: {}, exitCodes: {} },
    );
    expect(page.split('\n').filter((line) => /^(?:## |\| <a)/.test(line))).toEqual([
      '## DNS',
      String.raw`| <a id="a_code"></a>${'`a_code`'} | 409    | yes   | A\|b\_&lt;c>  | Look at ${'`a_b`'}.  |`,
      '## Of the command line alone',
    ]);
    const anchors = [...generateErrors().matchAll(/<a id="(\w+)">/g)].map(([, code = '']) => code);
    expect(anchors.toSorted()).toEqual(rows.map(([code]) => code).toSorted());
  });
});

describe('each code', () => {
  it.each(rows)('%s says what to do next', (_, { remedy }) => {
    expect(remedy).toMatch(verbs);
  });

  it.each(rows.map(([code]) => code))('%s is what something fails with', (code) => {
    const files = naming(code).filter(({ file }) => file !== 'cli/failure.ts');
    // The command line's own table names each of its codes once, as a key.
    expect(files.map(({ file }) => file)).not.toEqual([]);
  });

  it.each(rows)('%s has facts of the names that its remedy gives them', (code, { remedy }) => {
    const names = [...remedy.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    const known = ['detail', 'errors', 'instance', 'yes'];
    const given = [
      ...naming(code),
      ...sources.filter(({ file }) => file === 'shared/protocol/install-api.ts'),
    ];
    const lost = names
      .filter((name) => !known.includes(name))
      .filter((name) => !given.some(({ text }) => new RegExp(String.raw`\b${name}\b`).test(text)));
    expect(lost).toEqual([]);
  });

  it('belongs to the API or to the command line, not to both', () => {
    expect(new Set(rows.map(([code]) => code)).size).toBe(rows.length);
  });
});
