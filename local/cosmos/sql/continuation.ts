import { z } from 'zod';
import { SqlError } from './syntax-error.ts';
import type { Value } from './values.ts';

/**
 * Where the next page begins. `scan` and `order` name the last row given, so that documents which come or go
 * between two pages neither repeat nor hide others; `skip` counts results, for queries whose rows have no place.
 */
export type Position =
  | { kind: 'scan'; document: number; row: number }
  | { kind: 'order'; keys: Value[]; document: number; row: number }
  | { kind: 'skip'; count: number };

const count = z.number().int().nonnegative();
const schema = z.object({
  /** The query that the token belongs to. */
  of: z.string(),
  at: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('scan'), document: count, row: count }),
    // JSON has no undefined: each key is a list of one, or of none.
    z.object({
      kind: z.literal('order'),
      keys: z.array(z.array(z.json()).max(1)),
      document: count,
      row: count,
    }),
    z.object({ kind: z.literal('skip'), count }),
  ]),
});

/** An opaque token of ASCII letters, as a header can carry it. */
export function writeContinuation(fingerprint: string, at: Position): string {
  const plain =
    at.kind === 'order' ? { ...at, keys: at.keys.map((key) => (key === undefined ? [] : [key])) } : at;
  return Buffer.from(JSON.stringify({ of: fingerprint, at: plain })).toString('base64url');
}

/** Throws SqlError when the token is not one of this query's. */
export function readContinuation(fingerprint: string, token: string): Position {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    content = undefined;
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success || parsed.data.of !== fingerprint)
    throw new SqlError('SC3006', 'Malformed continuation token.');
  const { at } = parsed.data;
  return at.kind === 'order' ? { ...at, keys: at.keys.map(([key]) => key) } : at;
}
