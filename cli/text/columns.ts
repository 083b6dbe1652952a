import { plain } from './plain.ts';
import { cutToWidth, padToWidth, widthOf } from './width.ts';

/** Between two columns. */
const gap = '  ';
/** A column that is cut keeps this much: enough to tell one name from another. */
const leastWidth = 10;

export interface TableOptions {
  /** Columns of the terminal; absent on a pipe, where nothing is cut. */
  room?: number | undefined;
  /** Headings of columns that are never cut: what a person copies. */
  whole?: readonly string[];
  /** Headings of columns that are left out, the first one first, before anything is cut. */
  spare?: readonly string[];
}

/** The widest columns give way, one column at a time, until the line fits or none may give more. */
function fitWidths(widths: readonly number[], least: readonly number[], room: number): number[] {
  const fitted = [...widths];
  let over = lineWidth(fitted) - room;
  for (; over > 0; over -= 1) {
    let widest = -1;
    for (const [at, width] of fitted.entries())
      if (width > (least[at] ?? 0) && width > (fitted[widest] ?? 0)) widest = at;
    if (widest < 0) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

const widthsOf = (headings: readonly string[], rows: readonly (readonly string[])[]): number[] =>
  headings.map((heading, at) =>
    rows.reduce((width, row) => Math.max(width, widthOf(row[at] ?? '')), widthOf(heading)),
  );
const lineWidth = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width + gap.length, -gap.length);

const without = (cells: readonly string[], at: number): string[] => cells.filter((_, index) => index !== at);

/** Rows under upper-case headings, each column as wide as its widest cell, or as the terminal has room for. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { room = Number.POSITIVE_INFINITY, whole = [], spare = [] }: TableOptions = {},
): string {
  const cells = rows.map((row) => row.map(plain));
  const widest = widthsOf(headings, cells);
  const [first, ...more] = spare;
  if (first !== undefined && lineWidth(widest) > room) {
    const at = headings.indexOf(first);
    const rest = at < 0 ? cells : cells.map((row) => without(row, at));
    return renderTable(at < 0 ? headings : without(headings, at), rest, { room, whole, spare: more });
  }
  const lines = [headings.map((heading) => heading.toUpperCase()), ...cells];
  const least = headings.map((heading, at) =>
    whole.includes(heading)
      ? (widest[at] ?? 0)
      : Math.min(widest[at] ?? 0, Math.max(widthOf(heading), leastWidth)),
  );
  const widths = fitWidths(widest, least, room);
  return lines
    .map((line) =>
      line
        .map((cell, at) => padToWidth(cutToWidth(cell, widths[at] ?? 0), widths[at] ?? 0))
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
  const width = Math.max(0, ...present.map(([name]) => widthOf(name)));
  return present
    .map(([name, value]) => `${indent}${padToWidth(name, width)}${gap}${plain(value)}`.trimEnd())
    .join('\n');
}
