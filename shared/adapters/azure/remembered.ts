/**
 * Calls `read` at first use and again when the answer is older than `forMs`; callers that come together share one
 * call. A failure is not kept.
 */
export function remembered<T>(
  read: () => Promise<T>,
  forMs: number = Number.POSITIVE_INFINITY,
  now: () => number = Date.now,
): () => Promise<T> {
  let kept: { value: Promise<T>; readAt: number } | undefined;
  return () => {
    if (kept && now() - kept.readAt < forMs) return kept.value;
    const fresh = { value: read(), readAt: now() };
    kept = fresh;
    fresh.value.catch(() => {
      if (kept === fresh) kept = undefined;
    });
    return fresh.value;
  };
}
