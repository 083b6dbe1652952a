import { type RuleId, rulesNamedIn } from './numbers.ts';
import type { RuleBook } from './rules.ts';
import type { TestTitle } from './titles.ts';

export interface Proof {
  /** From the root, with slashes. */
  file: string;
  /** Of the test, or of the `describe` that names the rule for all of its tests. */
  title: string;
  /** Within a `describe`; 1 for a test, and for a table. */
  tests: number;
}

/** What one title proves: its own rules, without those that a `describe` around it names already. */
function proofsOf(file: string, { path, rows, tests }: TestTitle): [RuleId, Proof][] {
  const above = new Set(path.slice(0, -1).flatMap(rulesNamedIn));
  const own = path.at(-1) ?? '';
  const written = rulesNamedIn(own);
  // Rows speak for themselves where the title does not speak for all of them.
  const titles = written.length > 0 ? [own] : rows;
  return titles.flatMap((title) =>
    rulesNamedIn(title)
      .filter((id) => !above.has(id))
      .map((id): [RuleId, Proof] => [id, { file, title: [...path.slice(0, -1), title].join(' > '), tests }]),
  );
}

/** The tests of each rule. A rule that a title names and the book does not have is an error. */
export function coverageOf(
  book: RuleBook,
  files: ReadonlyMap<string, readonly TestTitle[]>,
): Map<RuleId, Proof[]> {
  const coverage = new Map<RuleId, Proof[]>(
    book.sections.flatMap(({ rules }) => rules.map(({ id }) => [id, []])),
  );
  for (const [file, titles] of files) {
    for (const [id, proof] of titles.filter(({ tests }) => tests > 0).flatMap((one) => proofsOf(file, one))) {
      const proofs = coverage.get(id);
      if (!proofs) throw new Error(`${file}: "${proof.title}" names requirement ${id}, which there is not`);
      proofs.push(proof);
    }
  }
  return coverage;
}
