/**
 * A difference below this is left alone: the header that it is read from has whole seconds, and the answer was
 * on its way for a while.
 */
const toleratedMs = 3_000;

/** The agent's time: the machine's own, mended by what the control plane's answers say. */
export interface AgentClock {
  /** Milliseconds since the epoch. */
  now(): number;
  nowSeconds(): number;
  /** What it adds to the machine's own time, milliseconds; 0 where that is right. */
  offsetMs(): number;
  /** Takes the `Date` header of an answer. Answers the new offset in milliseconds when it changed, else undefined. */
  observe(dateHeader: string | null): number | undefined;
}

/** Tickets live for 60 s and signed calls too: a machine whose clock is wrong could use neither. */
export function createClock(machineNow: () => number = Date.now): AgentClock {
  let offsetMs = 0;
  const now = () => machineNow() + offsetMs;
  return {
    now,
    nowSeconds: () => Math.floor(now() / 1000),
    offsetMs: () => offsetMs,
    observe(dateHeader) {
      const theirs = Date.parse(dateHeader ?? '');
      if (Number.isNaN(theirs)) return undefined;
      // The header is cut to whole seconds: its middle is the best guess.
      const difference = theirs + 500 - machineNow();
      const wanted = Math.abs(difference) > toleratedMs ? difference : 0;
      if (Math.abs(wanted - offsetMs) <= toleratedMs) return undefined;
      offsetMs = wanted;
      return offsetMs;
    },
  };
}
