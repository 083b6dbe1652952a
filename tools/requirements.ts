import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coverageOf } from './requirements/coverage.ts';
import { requirementsPage, summaryText } from './requirements/page.ts';
import { readRuleBook } from './requirements/rules.ts';
import { titlesOf } from './requirements/titles.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'requirements.md');

/** What `docs/requirements.md` has to be now, and its figures; nothing is written. */
export function generateRequirements(): { page: string; summary: string } {
  // Suites that several test files share lie beside them under other names.
  const files = globSync('tests/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.startsWith('tests/fixtures/'))
    .toSorted();
  const titles = new Map(files.map((file) => [file, titlesOf(file, readFileSync(join(root, file), 'utf8'))]));
  const book = readRuleBook();
  const coverage = coverageOf(book, titles);
  return { page: requirementsPage(book, coverage), summary: summaryText(book, coverage) };
}

if (import.meta.main) {
  const made = generateRequirements();
  writeFileSync(page, made.page);
  console.log(made.summary);
}
