/**
 * Does the work on every item, `width` at a time, each as soon as a lane is free. One that fails keeps no other from its
 * turn: the first failure is thrown when all were tried.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items].values();
  const failures: unknown[] = [];
  const lane = async () => {
    // All lanes take from one row.
    for (const item of waiting) await work(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: width }, lane));
  if (failures.length > 0) throw failures[0];
}
