/** What a switched-on fault does to one call. Kinds combine: a delay may come before a status or a drop. */
export interface Fault {
  /** HTTP status to answer instead of doing the work (429 and 503 carry Retry-After: 1). */
  status?: number;
  delayMs?: number;
  /** Close the connection without an answer. */
  drop?: boolean;
  /** How many calls it hits before it switches itself off; absent means all. */
  count?: number;
}

/** Faults by operation name of one stand-in; the name `*` matches every operation. */
export interface Faults {
  set(operation: string, fault: Fault): void;
  clear(operation?: string): void;
  list(): ReadonlyMap<string, Fault>;
  /** The fault to apply to this call, if any; counts it. */
  take(operation: string): Fault | undefined;
}

export function createFaults(): Faults {
  const active = new Map<string, Fault>();
  return {
    set: (operation, fault) => void active.set(operation, { ...fault }),
    clear: (operation) => (operation === undefined ? active.clear() : void active.delete(operation)),
    list: () => active,
    take(operation) {
      const key = active.has(operation) ? operation : '*';
      const fault = active.get(key);
      if (!fault) return undefined;
      if (fault.count !== undefined) {
        fault.count -= 1;
        if (fault.count <= 0) active.delete(key);
      }
      return fault;
    },
  };
}
