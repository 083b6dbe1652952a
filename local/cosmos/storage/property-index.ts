import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Narrowing } from '../sql/narrowing.ts';
import type { Container } from './containers.ts';

/**
 * Looks documents up by the properties that a query pins. The first query of a shape over a large container makes
 * the index that its like will use: the service indexes everything, which would make every write here dearer.
 */
export interface PropertyIndex {
  /** Rows of the given columns in order of place; undefined when a plain scan is as good. */
  lookUp(
    container: Container,
    narrowing: Narrowing,
    after: number,
    now: number,
  ): Iterable<unknown> | undefined;
}

type Single = Pick<Narrowing, 'equal' | 'range'>;

/** Below this, reading everything is quicker than an index is worth. */
const fewDocuments = 500;
const maxIndexes = 16;
const maxShapes = 200;

export function createPropertyIndex(store: DatabaseSync, columns: string): PropertyIndex {
  const placesOf = store.prepare('SELECT places FROM cosmos_containers WHERE number = ?');
  const indexCount = store.prepare(
    "SELECT count(*) AS count FROM sqlite_master WHERE type = 'index' AND name LIKE 'cosmos_items_where_%'",
  );
  const indexNamed = store.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND name = ?");
  const statements = new Map<string, StatementSync>();

  /** The index of these properties, made when it is not there and not too many are. */
  const ensureIndex = (expressions: string[]): string => {
    const text = expressions.join(', ');
    const name = `cosmos_items_where_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    if (indexNamed.get(name)) return `INDEXED BY ${name}`;
    if ((indexCount.get() as { count: number }).count >= maxIndexes) return '';
    store.exec(`CREATE INDEX ${name} ON cosmos_items (container, ${text}, place)`);
    return `INDEXED BY ${name}`;
  };

  const prepare = ({ equal, range }: Single, branch: number): StatementSync => {
    const pinned = equal.map(({ path }, index) => ({ value: valueOf(path), name: `:equal${index}` }));
    const ranged = range ? [valueOf(range.path)] : [];
    const conditions = [
      ...pinned.map(({ value, name }) => `${value} = ${name}`),
      ...(range?.least === undefined ? [] : ranged.map((value) => `${value} >= :least`)),
      ...(range?.most === undefined ? [] : ranged.map((value) => `${value} <= :most`)),
    ];
    const from = ensureIndex([...pinned.map(({ value }) => value), ...ranged]);
    return store.prepare(
      `SELECT ${columns} FROM cosmos_items ${from} WHERE container = :container AND place > :after
       AND ${conditions.join(' AND ')} AND (expires IS NULL OR expires > :now) ORDER BY place /* ${branch} */`,
    );
  };

  /** `branch` is in the text of what is read side by side: a statement has one cursor, and a text one statement. */
  const lookUpOne = (container: Container, single: Single, after: number, now: number, branch: number) => {
    const { equal, range } = single;
    const shape = JSON.stringify([
      equal.map(({ path }) => path),
      range && [range.path, range.least !== undefined, range.most !== undefined],
      branch,
    ]);
    const statement = statements.get(shape) ?? prepare(single, branch);
    if (statements.size >= maxShapes) statements.clear();
    statements.set(shape, statement);
    const bounds: Record<string, SQLInputValue> = { container: container.number, after, now };
    for (const [index, { value }] of equal.entries()) bounds[`equal${index}`] = value;
    if (range?.least !== undefined) bounds['least'] = range.least;
    if (range?.most !== undefined) bounds['most'] = range.most;
    return statement.iterate(bounds);
  };

  return {
    lookUp(container, { among, equal, range }, after, now) {
      const { places } = placesOf.get(container.number) as { places: number };
      if (places < fewDocuments) return undefined;
      if (!among) return lookUpOne(container, { equal, range }, after, now, 0);
      const { path, values } = among;
      return byPlace(
        values.map((value, branch) =>
          lookUpOne(container, { equal: [...equal, { path, value }], range }, after, now, branch),
        ),
      );
    },
  };
}

/** Rows of several cursors in one order, each read no further than it is asked for. */
function* byPlace(cursors: Iterator<unknown>[]): Generator<unknown> {
  const heads = cursors.map((cursor) => ({ cursor, next: cursor.next() }));
  const placeOf = ({ next }: (typeof heads)[number]) =>
    next.done ? Number.POSITIVE_INFINITY : (next.value as { place: number }).place;
  for (;;) {
    const first = heads.reduce((least, head) => (placeOf(head) < placeOf(least) ? head : least));
    if (first.next.done) return;
    yield first.next.value;
    first.next = first.cursor.next();
  }
}

/** Keys are plain words: they need no escape within a JSON path within SQL text. */
const valueOf = (path: string[]) => `json_extract(body, '$.${path.map((key) => `"${key}"`).join('.')}')`;
