/**
 * What a switched-on fault does to one call. Kinds combine: a delay may come before a status or a drop. Which kinds a
 * stand-in honours is in its `faultKinds`; others have no meaning there and the management API refuses them.
 */
export interface Fault {
  /** HTTP status to answer instead of doing the work; other protocols answer their own error for it. */
  status?: number;
  delayMs?: number;
  /** Close the connection without an answer. */
  drop?: boolean;
  /** The service's own way to say "too many requests", with this wait. */
  throttleMs?: number;
  /** Service Bus: the lock of the message or session in question is lost at once. */
  lockLost?: boolean;
  /** Reads answer what was there this long ago. */
  staleMs?: number;
  /** DNS: answer these values instead of the records. */
  answer?: readonly string[];
  /** The service's clock is off by this much: tokens and signatures are judged by it. */
  skewMs?: number;
  /** How many calls it hits before it switches itself off; absent means all. */
  count?: number;
  /** 0 to 1: whether a call is hit is drawn from the seed. Absent means every call. */
  probability?: number;
}

export const faultKinds = [
  'status',
  'delayMs',
  'drop',
  'throttleMs',
  'lockLost',
  'staleMs',
  'answer',
  'skewMs',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Faults by operation name of one stand-in; the name `*` matches every operation. */
export interface Faults {
  set(operation: string, fault: Fault): void;
  clear(operation?: string): void;
  list(): ReadonlyMap<string, Fault>;
  /** The fault to apply to this call, if any; counts it. */
  take(operation: string): Fault | undefined;
  /** Draws begin anew from this seed: the same calls are hit again. */
  seed(value: number): void;
}

/** Mulberry32: small, and the same on every machine. Answers numbers in [0, 1). */
export function createDraw(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function createFaults(): Faults {
  const active = new Map<string, Fault>();
  let draw = createDraw(1);
  return {
    set: (operation, fault) => void active.set(operation, { ...fault }),
    clear: (operation) => (operation === undefined ? active.clear() : void active.delete(operation)),
    list: () => active,
    seed(value) {
      draw = createDraw(value);
    },
    take(operation) {
      const key = active.has(operation) ? operation : '*';
      const fault = active.get(key);
      if (!fault || (fault.probability !== undefined && draw() >= fault.probability)) return undefined;
      if (fault.count !== undefined) {
        fault.count -= 1;
        if (fault.count <= 0) active.delete(key);
      }
      return fault;
    },
  };
}
