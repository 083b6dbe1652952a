import { z } from 'zod';
import { failureOf } from './failure.ts';

/** The last record that was seen, noted outside of the service: a chain that was rolled back does not have it. */
export interface NotedHead {
  sequence: number;
  mac: string;
}

const noted = z.object({
  sequence: z.coerce.number().int().min(1),
  // Spreadsheets read a leading minus as a formula; exports put a mark before it.
  mac: z
    .string()
    .regex(/^'?[\w-]{20,64}$/)
    .transform((mac) => mac.replace(/^'/, '')),
});
const noteOfVerify = z.object({ machineId: z.string(), head: noted });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Fields of the lines of RFC 4180. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === '') break;
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.some((field) => field !== ''));
}

function inCsv(text: string): unknown {
  const [headings = [], ...rows] = csvRows(text);
  const last = rows.at(-1);
  if (!last) return undefined;
  return Object.fromEntries(headings.map((heading, at) => [heading.replace(/^\ufeff/, ''), last[at]]));
}

/**
 * The head that a file notes: what `audit verify --output` wrote, or the last record of an export (JSON lines or CSV).
 * Throws `audit_note_unreadable`, for another machine's note too.
 */
export function readNotedHead(text: string, machineId: string): NotedHead {
  const own = noteOfVerify.safeParse(parseJson(text));
  if (own.success) {
    if (own.data.machineId === machineId) return own.data.head;
    throw failureOf('audit_note_unreadable', `it is of the machine ${own.data.machineId}`);
  }
  const lastLine = text.trimEnd().split('\n').at(-1) ?? '';
  for (const candidate of [parseJson(lastLine), inCsv(text)]) {
    const found = noted.safeParse(candidate);
    if (found.success) return found.data;
  }
  throw failureOf(
    'audit_note_unreadable',
    'neither its end nor the whole is a record with `sequence` and `mac`',
  );
}
