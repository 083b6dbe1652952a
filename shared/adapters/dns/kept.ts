/** An answer that is kept is given again for its time; others are asked for each time. */
export type Kept<T> = (key: string, ask: () => Promise<T>, isKept?: (answer: T) => boolean) => Promise<T>;

/** One zone has a handful; more than this are no answers that are asked for often. */
const mostKept = 100;

/** Answers for `forMs` from when they were asked for. A failure is not kept. */
export function createKept<T>(forMs: number, now: () => number): Kept<T> {
  const kept = new Map<string, { answer: T; until: number }>();
  return async (key, ask, isKept = () => true) => {
    const known = kept.get(key);
    if (known && now() < known.until) return known.answer;
    kept.delete(key);
    const until = now() + forMs;
    const answer = await ask();
    if (!isKept(answer)) return answer;
    if (kept.size >= mostKept) kept.clear();
    kept.set(key, { answer, until });
    return answer;
  };
}
