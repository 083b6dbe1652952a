/** A rule of `docs/requirements.json`: `44`, or `C11` for a conflict. */
export type RuleId = string;

const item = String.raw`(?:\d+(?:\s?[-–]\s?\d+)?|C\d+)`;
const separator = String.raw`(?:,\s+and\s+|,\s*|\s+and\s+)`;
const end = String.raw`(?![\w]|[.-]\w)`;

/**
 * Where a title names rules: `requirement 44`, `requirements 61-63`, `requirements 1, 2 and C4`; a conflict also alone, where a title
 * begins with it or in brackets. A lone `C1` in the middle of a sentence is something else.
 */
const mention = new RegExp(
  [
    // In the singular a second number would be the sentence's own: "requirement 18 and 4 GiB".
    String.raw`\brequirement\s+(?<one>${item}(?:${separator}C\d+)*)${end}`,
    String.raw`\b(?:requirements|conflicts?)\s+(?<many>${item}(?:${separator}${item})*)${end}`,
    String.raw`^(?<first>C\d+(?:${separator}C\d+)*)(?=:|${separator}requirements?\b)`,
    String.raw`\((?<bracket>C\d+(?:${separator}C\d+)*)\)`,
  ].join('|'),
  'gi',
);

/** The rules that one title names, each once, in the order of the title; a range gives all of its numbers. */
export function rulesNamedIn(title: string): RuleId[] {
  const named = [...title.matchAll(mention)].flatMap(({ groups }) => {
    const list = groups?.['one'] ?? groups?.['many'] ?? groups?.['first'] ?? groups?.['bracket'] ?? '';
    return list.split(new RegExp(separator)).flatMap(numbersOf);
  });
  return [...new Set(named)];
}

function numbersOf(text: string): RuleId[] {
  const [from = '', to] = text.split(/\s?[-–]\s?/);
  if (to === undefined) return [from.toUpperCase()];
  const [first, last] = [Number(from), Number(to)];
  if (last <= first) throw new RangeError(`"${text}" is no range of requirements`);
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}
