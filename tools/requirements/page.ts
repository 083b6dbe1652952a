import type { Proof } from './coverage.ts';
import type { RuleId } from './numbers.ts';
import type { RuleBook } from './rules.ts';

type Rule = RuleBook['sections'][number]['rules'][number];
type Status = 'tested' | 'gap' | 'not ours';
type Coverage = ReadonlyMap<RuleId, readonly Proof[]>;

/** A test outweighs a reason not to have one. */
function statusOf({ id, notOurs }: Rule, coverage: Coverage): Status {
  if ((coverage.get(id) ?? []).length > 0) return 'tested';
  return notOurs === undefined ? 'gap' : 'not ours';
}

const idsWith = (rules: readonly Rule[], coverage: Coverage, status: Status): RuleId[] =>
  rules.filter((rule) => statusOf(rule, coverage) === status).map(({ id }) => id);

/** What a table's cell would take for markup. */
const cell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll(/[|*_[\]`~$]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s+/g, ' ');

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

function testsCell(proofs: readonly Proof[]): string {
  const files = Map.groupBy(proofs, ({ file }) => file);
  return [...files]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, inFile]) => [
      `[${file.replace('tests/', '')}](../${file})`,
      ...new Set(inFile.map(({ title, tests }) => `· ${cell(title)}${tests > 1 ? ` (${tests} tests)` : ''}`)),
    ])
    .join('<br>');
}

function ruleRow(rule: Rule, coverage: Coverage): string {
  const status = statusOf(rule, coverage);
  const tests = status === 'not ours' ? cell(rule.notOurs ?? '') : testsCell(coverage.get(rule.id) ?? []);
  return row(rule.id, cell(rule.rule), rule.owners.join(', '), status === 'gap' ? '**gap**' : status, tests);
}

const summaryHead = ['section', 'rules', 'tested', 'not ours', 'gaps'] as const;

/** Counts for each section and for all, in the order of `summaryHead`, and the numbers of the gaps. */
function summaryRows({ sections }: RuleBook, coverage: Coverage): (string | number)[][] {
  const all = { title: 'all', rules: sections.flatMap(({ rules }) => rules) };
  return [...sections, all].map(({ title, rules }) => {
    const count = (status: Status) => idsWith(rules, coverage, status).length;
    return [title, rules.length, count('tested'), count('not ours'), count('gap')];
  });
}

const gapsOf = ({ sections }: RuleBook, coverage: Coverage): RuleId[] =>
  sections.flatMap(({ rules }) => idsWith(rules, coverage, 'gap'));

/** What the command prints. */
export function summaryText(book: RuleBook, coverage: Coverage): string {
  const rows = [[...summaryHead], ...summaryRows(book, coverage)].map(([title = '', ...counts]) =>
    [String(title).padEnd(30), ...counts.map((one) => String(one).padStart(8))].join(' '),
  );
  return [...rows, `gaps: ${gapsOf(book, coverage).join(', ') || 'none'}`].join('\n');
}

/** `docs/requirements.md`, whole. The same rules and titles give the same page, in whatever order the files were read. */
export function requirementsPage(book: RuleBook, coverage: Coverage): string {
  const sections = book.sections.flatMap(({ title, rules }) => [
    `## ${title}`,
    '',
    row('number', 'rule', 'owner', 'status', 'tests'),
    row('---', '---', '---', '---', '---'),
    ...rules.map((rule) => ruleRow(rule, coverage)),
    '',
  ]);
  return [
    '# Requirements',
    '',
    'What the public documents of Windows Admin Center in Azure state, as numbered rules in words of this project, and the',
    'tests that show them. A test shows a rule when its title, or that of a `describe` around it, names the number:',
    '`requirement 44`, `requirements 61-63`, `C11`. A rule without one is a gap; _not ours_ is what this design rules out,',
    'with the reason in place of a test.',
    '',
    'This page is made by `npm run requirements` from `docs/requirements.json` and the titles: change those.',
    '',
    '## Summary',
    '',
    row(...summaryHead),
    row('---', '---:', '---:', '---:', '---:'),
    ...summaryRows(book, coverage).map((cells) => row(...cells)),
    '',
    `Gaps: ${gapsOf(book, coverage).join(', ') || 'none'}.`,
    '',
    ...sections,
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}
