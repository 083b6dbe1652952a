import { plain } from './plain.ts';

/** Between two columns. */
const gap = '  ';

/** Rows under upper-case headings, each column as wide as its widest cell. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map(plain))];
  const widths = headings.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values in two columns; a value that is absent has no line. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string | null | undefined])[],
  indent = '',
): string {
  const present = fields.filter((field): field is [string, string] => Boolean(field[1]));
  const width = Math.max(0, ...present.map(([name]) => name.length));
  return present
    .map(([name, value]) => `${indent}${name.padEnd(width)}${gap}${plain(value)}`.trimEnd())
    .join('\n');
}
