import type { Clock } from '#local/kit/clock.ts';
import type { Container } from './containers.ts';
import type { Items, Partitions, StoredItem } from './items.ts';

/** A place in a container that a transaction wrote to, and what was there before it. */
export interface Change {
  place: number;
  partition: string;
  id: string;
  before: StoredItem | undefined;
}

interface PastChange extends Change {
  container: number;
  lsn: number;
  atMs: number;
}

/** What items of an account looked like a while ago: as far back as the last few thousand writes, in memory only. */
export interface History {
  /** Remembers what a committed transaction changed. */
  add(container: Container, lsn: number, changes: readonly Change[]): void;
  /** The last transaction of a container that had happened by then. */
  lsnAt(container: Container, atMs: number): number;
  /** The items as they were after that transaction. */
  asOf(items: Items, lsn: number): ReadItems;
}

export type ReadItems = Pick<Items, 'find' | 'scan'>;

const maxChanges = 5_000;
const maxCharacters = 32 * 1024 * 1024;

export function createHistory(clock: Clock): History {
  const past: PastChange[] = [];
  let characters = 0;
  const sizeOf = ({ before }: Change) => before?.body.length ?? 0;

  const remember = (change: PastChange) => {
    past.push(change);
    characters += sizeOf(change);
    while (past.length > maxChanges || characters > maxCharacters) {
      const oldest = past.shift();
      if (oldest) characters -= sizeOf(oldest);
    }
  };

  /** By place, what was there: the oldest of the changes that came later says. */
  const undone = ({ number }: Container, lsn: number): Map<number, PastChange> => {
    const found = new Map<number, PastChange>();
    for (const change of past)
      if (change.container === number && change.lsn > lsn && !found.has(change.place))
        found.set(change.place, change);
    return found;
  };

  return {
    add({ number }, lsn, changes) {
      const atMs = clock.now();
      for (const change of changes) remember({ ...change, container: number, lsn, atMs });
    },
    lsnAt(container, atMs) {
      const later = past.find((change) => change.container === container.number && change.atMs > atMs);
      return later ? later.lsn - 1 : container.lsn;
    },
    asOf: (items, lsn) => ({
      find(container, partition, id) {
        const changes = [...undone(container, lsn).values()];
        const then = changes.find(({ before }) => before?.partition === partition && before.id === id);
        if (then) return then.before;
        const current = items.find(container, partition, id);
        return current && changes.some(({ place }) => place === current.place) ? undefined : current;
      },
      *scan(container, partitions, afterPlace) {
        const changes = undone(container, lsn);
        const earlier = [...changes.values()]
          .flatMap(({ before }) => before ?? [])
          .filter((item) => item.place > afterPlace && isWithin(partitions, item.partition))
          .sort((left, right) => left.place - right.place);
        for (const item of items.scan(container, partitions, afterPlace)) {
          for (let next = earlier[0]; next && next.place <= item.place; next = earlier[0]) {
            earlier.shift();
            yield next;
          }
          if (!changes.has(item.place)) yield item;
        }
        yield* earlier;
      },
    }),
  };
}

function isWithin(partitions: Partitions, partition: string): boolean {
  if (partitions.kind === 'all') return true;
  if (partitions.kind === 'one') return partitions.partition === partition;
  return partitions.from <= partition && partition < partitions.to;
}
