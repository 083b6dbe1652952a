import { createHash } from 'node:crypto';
import type { Query } from './ast.ts';
import { type CompiledQuery, compareKeys, compileQuery, results } from './compile-query.ts';
import { type Position, readContinuation, writeContinuation } from './continuation.ts';
import { parseQuery } from './parser.ts';
import type { Row, Run, Session } from './scope.ts';
import { SqlError } from './syntax-error.ts';
import type { Json, Value } from './values.ts';

/** A document and its place in the order of the container; places never change. */
export interface PlacedDocument {
  place: number;
  value: Json;
}

interface QueryInput {
  /** The documents after a place, in their order. */
  documents(afterPlace: number): Iterable<PlacedDocument>;
  parameters: ReadonlyMap<string, Value>;
  /** Milliseconds since the epoch. */
  now: number;
  maxItems: number;
  continuation: string | undefined;
}

interface QueryPage {
  items: Json[];
  /** Absent on the last page. */
  continuation: string | undefined;
  /** How many documents were read to find the items. */
  documentsRead: number;
}

export interface PreparedQuery {
  /** The syntax, for those who plan around it (index checks, partition routing). */
  readonly syntax: Query;
  run(input: QueryInput): QueryPage;
}

/** Parses and compiles a query once, to be run many times. Throws SqlError. */
export function prepareQuery(text: string): PreparedQuery {
  const syntax = parseQuery(text);
  const session: Session = {
    slots: 0,
    parameters: new Map(),
    compileSubquery: (query, scope) => {
      const compiled = compileQuery(query, session, scope);
      return (row, run) => results(compiled, compiled.rows(row, run), run);
    },
  };
  const compiled = compileQuery(syntax, session);
  const fingerprint = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  const { top, offset, distinct } = syntax;
  const isWhole = compiled.isGrouped || distinct || top !== undefined || offset !== undefined;
  return {
    syntax,
    run(input) {
      for (const [name, { start, end }] of session.parameters)
        if (!input.parameters.has(name))
          throw new SqlError('SC2070', `The parameter '${name}' was not supplied.`, start, end);
      const at =
        input.continuation === undefined ? undefined : readContinuation(fingerprint, input.continuation);
      const run: Run = { parameters: input.parameters, now: input.now, document: undefined, steps: 0 };
      const reader = createReader(compiled, syntax.sources.length > 0, input, run);
      const found = isWhole
        ? wholePage(compiled, reader, run, input.maxItems, at)
        : compiled.order.length > 0
          ? orderedPage(compiled, reader, run, input.maxItems, at)
          : scannedPage(compiled, reader, run, input.maxItems, at);
      return {
        items: found.items,
        continuation: found.next && writeContinuation(fingerprint, found.next),
        documentsRead: reader.count(),
      };
    },
  };
}

interface PlacedRow {
  row: Row;
  document: number;
  /** Which of its document's rows it is: a JOIN makes several. */
  index: number;
}

interface Reader {
  rows(fromPlace: number): Iterable<PlacedRow>;
  count(): number;
}

function createReader(query: CompiledQuery, hasSource: boolean, input: QueryInput, run: Run): Reader {
  let read = 0;
  return {
    count: () => read,
    *rows(fromPlace) {
      const documents = hasSource ? input.documents(fromPlace - 1) : [{ place: 0, value: null }];
      for (const { place, value } of documents) {
        if (hasSource) read += 1;
        run.document = value;
        let index = 0;
        for (const row of query.rows([], run)) yield { row, document: place, index: index++ };
      }
    },
  };
}

interface Found {
  items: Json[];
  next: Position | undefined;
}

/** Reads only as far as the page needs. */
function scannedPage(query: CompiledQuery, reader: Reader, run: Run, maxItems: number, at?: Position): Found {
  const items: Json[] = [];
  let last: Position | undefined;
  const from = at?.kind === 'scan' ? at : { document: 0, row: -1 };
  for (const { row, document, index } of reader.rows(from.document)) {
    if (document === from.document && index <= from.row) continue;
    const value = query.project(row, run);
    if (value === undefined) continue;
    if (items.length === maxItems) return { items, next: last };
    items.push(value);
    last = { kind: 'scan', document, row: index };
  }
  return { items, next: undefined };
}

function orderedPage(query: CompiledQuery, reader: Reader, run: Run, maxItems: number, at?: Position): Found {
  const placed = [];
  for (const { row, document, index } of reader.rows(0)) {
    const value = query.project(row, run);
    if (value === undefined) continue;
    const keys = query.order.map((item) => item.evaluate(row, run));
    placed.push({ value, keys, document, row: index });
  }
  type Place = Pick<(typeof placed)[number], 'keys' | 'document' | 'row'>;
  const byPlace = (left: Place, right: Place) =>
    compareKeys(query.order, left.keys, right.keys) || left.document - right.document || left.row - right.row;
  placed.sort(byPlace);
  const rest = at?.kind === 'order' ? placed.filter((each) => byPlace(each, at) > 0) : placed;
  const page = rest.slice(0, maxItems);
  const last = rest.length > maxItems ? page.at(-1) : undefined;
  return {
    items: page.map(({ value }) => value),
    next: last && { kind: 'order', keys: last.keys, document: last.document, row: last.row },
  };
}

function wholePage(query: CompiledQuery, reader: Reader, run: Run, maxItems: number, at?: Position): Found {
  const rows = Iterator.from(reader.rows(0)).map(({ row }) => row);
  const skip = at?.kind === 'skip' ? at.count : 0;
  const items: Json[] = [];
  let index = 0;
  for (const value of results(query, rows, run)) {
    if (value === undefined || index++ < skip) continue;
    if (items.length === maxItems) return { items, next: { kind: 'skip', count: skip + maxItems } };
    items.push(value);
  }
  return { items, next: undefined };
}
