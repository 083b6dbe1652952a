/** One thing that a remedy names, and what it is. */
export interface NamedFact {
  name: string;
  values: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value of the service's as text; what has neither name nor words is left out. */
function wordsOf(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  if (!isRecord(value)) return [];
  const { rule, found, needed, name, detail } = value;
  if (typeof rule === 'string' && typeof found === 'string')
    return [`${rule}: found ${found}, needed ${needed}`];
  return [name, detail].filter((one) => typeof one === 'string').slice(0, 1);
}

/** What stands between backticks in a remedy, where the service said what it is: "mend those in `preconditions`". */
export function namedFacts(remedy: string, facts: Readonly<Record<string, unknown>> = {}): NamedFact[] {
  const names = new Set(Array.from(remedy.matchAll(/`(\w+)`/g), ([, name = '']) => name));
  return [...names].flatMap((name) => {
    const values = Object.hasOwn(facts, name) ? wordsOf(facts[name]) : [];
    return values.length === 0 ? [] : [{ name, values }];
  });
}
