import type { Clock } from '#local/kit/clock.ts';

interface Happening {
  at: number;
  /** Of two at one moment the first that was asked for comes first. */
  order: number;
  run: (() => unknown) | undefined;
}

/** Time that goes from one happening to the next. */
export interface VirtualTime extends Clock {
  at(atMs: number, run: () => unknown): () => void;
  after(ms: number, run: () => unknown): () => void;
  /** Lets everything happen that is due until then; what a happening promises is waited for. */
  runUntil(end: number): Promise<void>;
  /** How much has happened. */
  readonly count: number;
}

const isBefore = (one: Happening, other: Happening): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

export function createVirtualTime(start: number): VirtualTime {
  /** A binary heap: the next is the first. */
  const heap: Happening[] = [];
  let now = start;
  let order = 0;
  let count = 0;

  function push(happening: Happening): void {
    let at = heap.length;
    heap.push(happening);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (!parent || !isBefore(happening, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = happening;
  }

  function pop(): Happening | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child && right && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (!child || !isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }

  function at(atMs: number, run: () => unknown): () => void {
    const happening: Happening = { at: Math.max(atMs, now), order: (order += 1), run };
    push(happening);
    return () => {
      happening.run = undefined;
    };
  }

  return {
    now: () => now,
    at,
    after: (ms, run) => at(now + ms, run),
    get count() {
      return count;
    },
    async runUntil(end) {
      for (let next = heap[0]; next && next.at <= end; next = heap[0]) {
        pop();
        const { run } = next;
        if (!run) continue;
        now = next.at;
        count += 1;
        const promised = run();
        if (promised instanceof Promise) await promised;
      }
      now = Math.max(now, end);
    },
  };
}
