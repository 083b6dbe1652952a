export interface FailedCall {
  operation: string;
  /** The service's own status, code or condition, in a few words. */
  text: string;
}

/** Counts of calls by operation name, for tests that forbid or expect a call and for a person who looks. */
export interface Calls {
  add(operation: string): void;
  count(operation: string): number;
  all(): Readonly<Record<string, number>>;
  /** A call was answered with an error; the last one is kept for whoever looks. */
  failed(operation: string, text: string): void;
  lastError(): FailedCall | undefined;
  reset(): void;
}

export function createCalls(): Calls {
  const counts = new Map<string, number>();
  let last: FailedCall | undefined;
  return {
    add: (operation) => void counts.set(operation, (counts.get(operation) ?? 0) + 1),
    count: (operation) => counts.get(operation) ?? 0,
    all: () => Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b))),
    failed(operation, text) {
      last = { operation, text };
    },
    lastError: () => last,
    reset() {
      counts.clear();
      last = undefined;
    },
  };
}
