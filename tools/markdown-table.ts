/** A text as a table's cell shows it: what would be markup is none. `code` in it stays code. */
export const cell = (text: string): string =>
  text
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? part.replaceAll('|', String.raw`\|`) : escaped(part)))
    .join('');

const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll(/[|*_[\]`~$]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s+/g, ' ');

/** A table as the formatter writes it: each column as wide as its widest cell. Cells are markup already. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [headings, ...rows];
  const widths = headings.map((_, at) => Math.max(3, ...lines.map((line) => (line[at] ?? '').length)));
  const written = lines.map(
    (line) => `| ${widths.map((width, at) => (line[at] ?? '').padEnd(width)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [written[0] ?? '', rule, ...written.slice(1)];
}
