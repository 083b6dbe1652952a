/** Counts of calls by operation name, for tests that forbid or expect a call and for a person who looks. */
export interface Calls {
  add(operation: string): void;
  count(operation: string): number;
  all(): Readonly<Record<string, number>>;
  reset(): void;
}

export function createCalls(): Calls {
  const counts = new Map<string, number>();
  return {
    add: (operation) => void counts.set(operation, (counts.get(operation) ?? 0) + 1),
    count: (operation) => counts.get(operation) ?? 0,
    all: () => Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b))),
    reset: () => counts.clear(),
  };
}
