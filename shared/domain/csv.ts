/** RFC 4180: what holds a comma, a quote or a line break stands in quotes, and a quote in it twice. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * A spreadsheet takes a cell that begins like this for a formula and runs it; with an apostrophe before it, it is text
 * (OWASP, CSV Injection).
 */
const defused = (text: string): string => (/^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** Lines end with CRLF, the last one too. */
export const toCsv = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map((cell) => quoted(defused(String(cell ?? '')))).join(',')}\r\n`).join('');
