interface Member {
  machineId: string;
}

const byId = (one: Member, other: Member): number => (one.machineId < other.machineId ? -1 : 1);

/**
 * The next so many of a round that goes through all by their ids, and begins anew at its end: each is looked at once
 * before any is looked at twice, whoever joins or leaves meanwhile. `after` is the one that was looked at last.
 */
export function nextOfRound<M extends Member>(all: readonly M[], after: string, size: number): M[] {
  const inOrder = all.toSorted(byId);
  const start = inOrder.findIndex(({ machineId }) => machineId > after);
  const turned = start < 0 ? inOrder : [...inOrder.slice(start), ...inOrder.slice(0, start)];
  return turned.slice(0, size);
}
