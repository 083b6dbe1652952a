import { prepareQuery } from '#local/cosmos/sql/execute.ts';
import type { Json, Value } from '#local/cosmos/sql/values.ts';

const now = Date.UTC(2026, 1, 13, 10, 20, 30, 400);

/** Runs a query over documents to its last page. */
export function ask(text: string, documents: Json[] = [{}], parameters: Record<string, Value> = {}): Json[] {
  const query = prepareQuery(text);
  const placed = documents.map((value, index) => ({ place: index + 1, value }));
  return query.run({
    documents: (after) => placed.filter(({ place }) => place > after),
    parameters: new Map(Object.entries(parameters)),
    now,
    maxItems: 10_000,
    continuation: undefined,
  }).items;
}

/** The value of one expression over one document `c`; undefined values are not there. */
export function evaluate(expression: string, document: Json = {}): Json | undefined {
  return ask(`SELECT VALUE ${expression} FROM c`, [document])[0];
}
