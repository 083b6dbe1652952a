import { readFileSync } from 'node:fs';
import { z } from 'zod';

const owner = z.enum(['control plane', 'agent', 'proxy', 'portal', 'operations', 'Entra']);

const rule = z.strictObject({
  /** A number, or `C` and the number of a conflict. Other files cite it: it is never given to another rule. */
  id: z.string().regex(/^C?[1-9]\d{0,2}$/),
  /** The parts that keep to it. `operations` is what people do; it is documented and checked, not done for them. */
  owners: z.array(owner).nonempty(),
  rule: z.string().min(1),
  /** Why no test of this project can ever show it. */
  notOurs: z.string().min(1).optional(),
});

const ruleBook = z.strictObject({
  sections: z.array(z.strictObject({ title: z.string().min(1), rules: z.array(rule).nonempty() })),
});

export type RuleBook = z.infer<typeof ruleBook>;

/** Parses `docs/requirements.json`; a number that stands there twice is an error. */
export function parseRuleBook(text: string): RuleBook {
  const book = ruleBook.parse(JSON.parse(text));
  const seen = new Set<string>();
  for (const { id } of book.sections.flatMap(({ rules }) => rules)) {
    if (seen.has(id)) throw new Error(`requirement ${id} stands there twice`);
    seen.add(id);
  }
  return book;
}

export const readRuleBook = (): RuleBook =>
  parseRuleBook(readFileSync(new URL('../../docs/requirements.json', import.meta.url), 'utf8'));
