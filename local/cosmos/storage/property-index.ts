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

  const prepare = ({ equal, range }: Narrowing): StatementSync => {
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
       AND ${conditions.join(' AND ')} AND (expires IS NULL OR expires > :now) ORDER BY place`,
    );
  };

  return {
    lookUp(container, narrowing, after, now) {
      const { places } = placesOf.get(container.number) as { places: number };
      if (places < fewDocuments) return undefined;
      const { equal, range } = narrowing;
      const shape = JSON.stringify([
        equal.map(({ path }) => path),
        range && [range.path, range.least !== undefined, range.most !== undefined],
      ]);
      const statement = statements.get(shape) ?? prepare(narrowing);
      if (statements.size >= maxShapes) statements.clear();
      statements.set(shape, statement);
      const bounds: Record<string, SQLInputValue> = { container: container.number, after, now };
      for (const [index, { value }] of equal.entries()) bounds[`equal${index}`] = value;
      if (range?.least !== undefined) bounds['least'] = range.least;
      if (range?.most !== undefined) bounds['most'] = range.most;
      return statement.iterate(bounds);
    },
  };
}

/** Keys are plain words: they need no escape within a JSON path within SQL text. */
const valueOf = (path: string[]) => `json_extract(body, '$.${path.map((key) => `"${key}"`).join('.')}')`;
